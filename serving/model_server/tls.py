"""The file of ``--ssl_config_file``: certificate and key for gRPC, and whether clients must have one too."""

from __future__ import annotations

from pathlib import Path

import grpc
from google.protobuf import text_format

from serving.model_server.schemas import SSLConfig
from serving.model_server.status import invalid_argument, not_found


def read_credentials(file: str) -> grpc.ServerCredentials | None:
    """The credentials that a file of ``SSLConfig`` text holds (PEM in ``server_key``, ``server_cert``).

    Args:
        file: its path; empty for a server without TLS.

    Returns:
        The credentials, or None for an empty path.

    Raises:
        StatusError: NOT_FOUND, there is no such file; INVALID_ARGUMENT, it lacks a key or a certificate.
    """
    if not file:
        return None
    config = SSLConfig()
    try:
        text_format.Parse(Path(file).read_text(), config)
    except OSError as error:
        raise not_found(f"{file}; {error.strerror}") from error
    except (text_format.ParseError, UnicodeDecodeError) as error:
        raise invalid_argument(f"Invalid protobuf file: '{file}'") from error
    if not config.server_key or not config.server_cert:
        raise invalid_argument(f"{file}: server_key and server_cert must be set, both in PEM")
    if config.client_verify and not config.custom_ca:
        raise invalid_argument(f"{file}: client_verify needs custom_ca, whose certificates it accepts")
    pair = (config.server_key.encode(), config.server_cert.encode())
    return grpc.ssl_server_credentials([pair], config.custom_ca.encode() or None, config.client_verify)
