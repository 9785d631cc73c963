"""The connection to the model server."""

from __future__ import annotations

import json
from pathlib import Path

import grpc
import grpc.aio

from serving.gateway.settings.settings import Settings

MAX_MESSAGE_BYTES = 256 * 1024 * 1024

# Calls go to every replica behind the name. A replica that returns is connected within 0.3 s (gRPC adds up to
# a fifth to the backoff), well before a call has used up its retries.
_OPTIONS: tuple[tuple[str, str | int], ...] = (
    ("grpc.service_config", json.dumps({"loadBalancingConfig": [{"round_robin": {}}]})),
    ("grpc.enable_retries", 0),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 500),
    ("grpc.max_reconnect_backoff_ms", 250),
    ("grpc.dns_min_time_between_resolutions_ms", 1000),
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    # Each worker is a separate process, so sharing connections between channels would only couple tests.
    ("grpc.use_local_subchannel_pool", 1),
)


def open_channel(settings: Settings) -> grpc.aio.Channel:
    """Open a channel. It connects with the first call.

    Call this after the fork, on the loop that will use the channel.

    Raises:
        OSError: a file of the TLS settings cannot be read.
    """
    target = f"dns:///{settings.model_server}"
    options = list(_OPTIONS)
    if not settings.model_server_tls:
        return grpc.aio.insecure_channel(target, options)
    if settings.model_server_name:
        options.append(("grpc.ssl_target_name_override", settings.model_server_name))
    files = (settings.model_server_ca, settings.model_server_key, settings.model_server_certificate)
    root, key, chain = (Path(file).read_bytes() if file else None for file in files)
    return grpc.aio.secure_channel(target, grpc.ssl_channel_credentials(root, key, chain), options)
