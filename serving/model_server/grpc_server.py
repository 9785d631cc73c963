"""The gRPC server: its services, ports and sockets."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import grpc
from grpc_health.v1 import health_pb2_grpc

from serving.listening import joined
from serving.model_server import services
from serving.model_server.backend import Backend
from serving.model_server.flags import Flags
from serving.model_server.rest.responses import MAX_REQUEST_BYTES
from serving.model_server.settings import ServerSettings
from serving.model_server.status import invalid_argument


def make_server(settings: ServerSettings, backend: Backend, threads: int) -> grpc.Server:
    """Create the gRPC server, with the ports and sockets that the settings name.

    Raises:
        StatusError: INVALID_ARGUMENT, it cannot listen on one of them.
    """
    flags = settings.flags
    server = grpc.server(
        ThreadPoolExecutor(threads, "grpc"),
        handlers=services.handlers(backend),
        options=_channel_arguments(flags.grpc_channel_arguments),
    )
    if flags.enable_grpc_healthcheck_service:
        health_pb2_grpc.add_HealthServicer_to_server(services.health(), server)
    server.add_generic_rpc_handlers([services.Unimplemented()])
    for address in addresses_of(flags):
        try:
            if settings.credentials:
                server.add_secure_port(address, settings.credentials)
            else:
                server.add_insecure_port(address)
        except RuntimeError as error:
            raise invalid_argument(f"Cannot listen on {address}: is another server there?") from error
    return server


def addresses_of(flags: Flags) -> list[str]:
    """The addresses that the server listens on, in gRPC's notation."""
    addresses = [joined(flags.listen_address, flags.port)] if flags.port else []
    return addresses + ([f"unix:{flags.grpc_socket_path}"] if flags.grpc_socket_path else [])


def _channel_arguments(text: str) -> list[tuple[str, int | str]]:
    # Allow answers of any length, and refuse a second server on the same port.
    arguments: dict[str, int | str] = {
        "grpc.max_receive_message_length": MAX_REQUEST_BYTES,
        "grpc.max_send_message_length": -1,
        "grpc.so_reuseport": 0,
    }
    for pair in filter(None, text.split(",")):
        key, _, value = pair.partition("=")
        arguments[key] = int(value) if value.lstrip("-").isdigit() else value
    return list(arguments.items())
