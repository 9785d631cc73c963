"""The server as a whole: load the models, open the ports, and close everything in order."""

from __future__ import annotations

import logging
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
from tensorflow.core.protobuf import config_pb2
from tensorflow_serving.config import model_server_config_pb2

from serving.model_server import configuration, services, servable, warmup
from serving.model_server.catalog import Catalog
from serving.model_server.flags import Flags
from serving.model_server.model import Retries
from serving.model_server.servable import Servable
from serving.model_server.status import StatusError, invalid_argument

log = logging.getLogger(__name__)


def serve(flags: Flags) -> None:
    """Serve until SIGTERM or SIGINT, then finish the requests that run.

    Raises:
        StatusError: when the server cannot start.
    """
    config = initial_configuration(flags)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    catalog = make_catalog(flags)
    _apply_or_stop(catalog, config, stop)
    if stop.is_set():
        return
    server = _grpc_server(flags, catalog)
    server.start()
    threading.Thread(target=catalog.watch, name="versions", daemon=True).start()
    log.info("Running gRPC ModelServer at 0.0.0.0:%d ...", flags.port)
    stop.wait()
    log.info("Draining: running requests have %d s", flags.drain_seconds)
    server.stop(flags.drain_seconds).wait()


def initial_configuration(flags: Flags) -> model_server_config_pb2.ModelServerConfig:
    """Check the flags against each other and read what they name.

    Raises:
        StatusError: INVALID_ARGUMENT for flags that do not go together, or what is wrong with a file.
    """
    if not flags.port and not flags.grpc_socket_path:
        raise invalid_argument(
            "At least one of server_options.grpc_port or server_options.grpc_socket_path must be set."
        )
    if not flags.model_base_path and not flags.model_config_file:
        raise invalid_argument(
            "Both server_options.model_base_path and server_options.model_config_file are empty!"
        )
    if flags.batching_parameters_file and not flags.enable_batching:
        raise invalid_argument(
            "server_options.batching_parameters_file is set without setting server_options.enable_batching to true."
        )
    if flags.model_config_file:
        return configuration.read(Path(flags.model_config_file))
    return configuration.single(flags.model_name, flags.model_base_path)


def make_catalog(flags: Flags) -> Catalog:
    """A catalog, still empty, that loads and warms up as the flags say."""
    parallelism = flags.tensorflow_session_parallelism
    session = config_pb2.ConfigProto(
        intra_op_parallelism_threads=flags.tensorflow_intra_op_parallelism or parallelism,
        inter_op_parallelism_threads=flags.tensorflow_inter_op_parallelism or parallelism,
    )
    tags = flags.saved_model_tags.split(",")

    def load(name: str, path: Path) -> Servable:
        del name
        loaded = servable.load(path, tags, session)
        if flags.enable_model_warmup:
            warmup.warm_up(loaded, path, max(flags.num_request_iterations_for_warmup, 1))
        return loaded

    return Catalog(
        load,
        Retries(flags.max_num_load_retries, flags.load_retry_interval_micros / 1e6),
        poll_seconds=flags.file_system_poll_wait_seconds,
        labels_may_wait=flags.allow_version_labels_for_unavailable_models,
    )


def _apply_or_stop(
    catalog: Catalog, config: model_server_config_pb2.ModelServerConfig, stop: threading.Event
) -> None:
    """Wait for the first versions, or for the signal to stop."""
    failure: list[StatusError] = []
    done = threading.Event()

    def apply() -> None:
        try:
            catalog.apply(config)
        except StatusError as error:
            failure.append(error)
        done.set()

    threading.Thread(target=apply, name="first configuration", daemon=True).start()
    while not done.wait(0.05) and not stop.is_set():
        pass
    if failure:
        raise failure[0]


def _grpc_server(flags: Flags, catalog: Catalog) -> grpc.Server:
    server = grpc.server(
        ThreadPoolExecutor(flags.grpc_max_threads, "grpc"),
        handlers=services.handlers(catalog, as_content=flags.enable_serialization_as_tensor_content),
        options=_channel_arguments(flags.grpc_channel_arguments),
    )
    for address in _addresses(flags):
        try:
            server.add_insecure_port(address)
        except RuntimeError as error:
            raise invalid_argument(f"Cannot listen on {address}: is another server there?") from error
    return server


def _addresses(flags: Flags) -> list[str]:
    addresses = [f"0.0.0.0:{flags.port}"] if flags.port else []
    return addresses + ([f"unix:{flags.grpc_socket_path}"] if flags.grpc_socket_path else [])


def _channel_arguments(text: str) -> list[tuple[str, int | str]]:
    # Both ways as long as the other side allows: the largest message that fits, and no second server on the port.
    arguments: dict[str, int | str] = {
        "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1, "grpc.so_reuseport": 0,
    }  # fmt: skip
    for pair in filter(None, text.split(",")):
        key, _, value = pair.partition("=")
        arguments[key] = int(value) if value.lstrip("-").isdigit() else value
    return list(arguments.items())
