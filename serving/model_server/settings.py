"""The settings of a server: the flags, and the files they name, read and checked before the start."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import grpc
from tensorflow_serving.config import model_server_config_pb2

from serving.model_server import batching_parameters, configuration, monitoring, tls
from serving.model_server.flags import CORES, Flags
from serving.model_server.status import invalid_argument


@dataclass(frozen=True)
class ServerSettings:
    """The settings of a server.

    Attributes:
        flags: the command line.
        models: the first configuration.
        batching: limits of batches, or None without batching.
        metrics_path: path of the metrics page, or None.
        credentials: for gRPC over TLS, or None.
    """

    flags: Flags
    models: model_server_config_pb2.ModelServerConfig
    batching: batching_parameters.Parameters | None
    metrics_path: str | None
    credentials: grpc.ServerCredentials | None = None


def read(flags: Flags) -> ServerSettings:
    """Check the flags, and read the files that they name.

    Raises:
        StatusError: INVALID_ARGUMENT, flags contradict each other; or a file cannot be read or is wrong.
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
            "server_options.batching_parameters_file is set without setting "
            "server_options.enable_batching to true."
        )
    if flags.port and flags.port == flags.rest_api_port:
        raise invalid_argument("--rest_api_port cannot be the same as --port.")
    models = _models(flags)
    configuration.check(models, frozenset())
    limits = (
        batching_parameters.read(flags.batching_parameters_file, CORES) if flags.enable_batching else None
    )
    metrics_path = monitoring.read_path(flags.monitoring_config_file)
    return ServerSettings(flags, models, limits, metrics_path, tls.read_credentials(flags.ssl_config_file))


def _models(flags: Flags) -> model_server_config_pb2.ModelServerConfig:
    if flags.model_config_file:
        return configuration.read(Path(flags.model_config_file))
    return configuration.single(flags.model_name, flags.model_base_path)
