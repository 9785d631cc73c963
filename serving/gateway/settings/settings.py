"""The gateway's settings: a frozen dataclass that is read once from the environment and checked.

``docs/configuration.md`` is generated from it: ``python -m serving.gateway.settings.document``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from serving.gateway.settings import values
from serving.gateway.settings.values import PREFIX, SettingsError, setting

__all__ = ["Settings", "SettingsError"]


@dataclass(frozen=True)
class Settings:
    """The gateway's settings. The environment variable ``GATEWAY_PORT`` sets ``port``, and so on."""

    # Listening
    host: str = setting(
        "127.0.0.1", "Address to listen on; `localhost` means both loopback addresses.", values.text
    )
    port: int = setting(8080, "Port to listen on.", values.integer(0, 65535))
    workers: int = setting(2, "Number of worker processes.", values.integer(1, 256))
    threads: int = setting(
        4,
        "Threads per worker that decode and prepare pictures and read large requests.",
        values.integer(1, 1024),
    )

    cpu_affinity: str = setting(
        "auto",
        "`auto` pins each worker to a CPU of its own if there are at least as many CPUs as workers; "
        "`off` never does.",
        values.choice("auto", "off"),
    )

    # Models
    model_server: str = setting(
        "localhost:8500", "gRPC address of TensorFlow Serving, as `HOST:PORT`.", values.address
    )
    models: tuple[str, ...] = setting(
        ("mnist",),
        "Names of the models, separated by commas. Readiness depends on these; other models on the model "
        "server can still be called.",
        values.names,
    )
    models_file: str = setting(
        "",
        "File with more model names to list in `GET /v1/models`, one per line. It may change while the "
        "gateway runs.",
        values.file,
    )
    default_model: str = setting(
        "", "Model behind `POST /classify`. If empty, the first of `GATEWAY_MODELS`.", values.name_or_empty
    )
    notice: str = setting("", "A sentence to show on the page.", values.text)

    # Connection to the model server
    model_server_tls: bool = setting(
        False, "Whether to connect to the model server over TLS.", values.boolean
    )
    model_server_ca: str = setting(
        "", "File of CA certificates that verify the model server. If empty, the system's.", values.file
    )
    model_server_certificate: str = setting("", "File with the gateway's client certificate.", values.file)
    model_server_key: str = setting("", "File with the private key of that certificate.", values.file)
    model_server_name: str = setting(
        "", "Name expected in the model server's certificate, if it differs from the address.", values.text
    )

    # Time limits
    deadline_seconds: float = setting(
        5.0,
        "Time limit for answering a request, from its last byte. Callers can shorten it with "
        "`X-Request-Timeout`, which counts from the request's first byte.",
        values.number(0.01, 3600),
    )
    upload_seconds: float = setting(
        30.0, "Time limit for receiving a whole request.", values.number(0.1, 3600)
    )
    idle_seconds: float = setting(
        75.0, "Time a connection may stay idle between requests.", values.number(1, 3600)
    )
    drain_seconds: float = setting(
        2.0,
        "Time from SIGTERM until the port closes. Meanwhile readiness fails and requests are still answered.",
        values.number(0, 300),
    )
    grace_seconds: float = setting(
        30.0, "Time for requests in progress to finish after the port has closed.", values.number(1, 3600)
    )
    ready_when: str = setting(
        "any",
        "When `/readyz` answers 200: if `any` of the models can answer, or only if `all` can.",
        values.choice("any", "all"),
    )
    readiness_seconds: float = setting(
        1.0,
        "Time to wait for the model server during a readiness check, and to reuse the result.",
        values.number(0.05, 60),
    )

    # Size limits
    max_image_bytes: int = setting(
        10_000_000, "Maximum size of one picture in bytes.", values.integer(1, 10**9)
    )
    max_image_pixels: int = setting(
        25_000_000, "Maximum number of pixels in one picture.", values.integer(1, 10**9)
    )
    max_images: int = setting(128, "Maximum number of pictures in one request.", values.integer(1, 10_000))
    max_marks: int = setting(
        1_000,
        "Maximum number of marks on one picture that `:read` reads. Beyond that, the picture is refused.",
        values.integer(1, 10_000),
    )
    max_request_bytes: int = setting(
        64_000_000,
        "Maximum size of one request in bytes, both as sent and decompressed.",
        values.integer(1, 10**10),
    )
    max_batch: int = setting(
        64, "Maximum number of pictures in one call to the model.", values.integer(1, 10_000)
    )
    max_waiting: int = setting(
        512,
        "Maximum number of pictures that wait for one model in one worker. Beyond that, requests get 429.",
        values.integer(1, 10**6),
    )
    max_calls: int = setting(
        16, "Calls that one worker makes to one model at a time.", values.integer(1, 1024)
    )
    batch_calls: int = setting(
        1, "Batches that one worker sends to one model at a time.", values.integer(1, 64)
    )

    # Corrections
    corrections_dir: str = setting(
        "",
        "Folder for the pictures that callers correct with `:correct`. If empty, none are kept. "
        "See [your own pictures](your-own-pictures.md#from-a-correction-to-a-better-version).",
        values.text,
    )
    corrections_max: int = setting(
        10_000, "Maximum number of corrections kept per model.", values.integer(1, 10**6)
    )
    corrections_max_bytes: int = setting(
        1_000_000_000, "Maximum size of one model's corrections in bytes.", values.integer(1, 10**12)
    )
    corrections_disk_share: float = setting(
        0.9,
        "Share of the disk that may be in use by anything. Beyond it, no corrections are kept.",
        values.number(0.01, 1),
    )

    # Access
    api_keys_file: str = setting(
        "",
        "File of API keys, written by `python -m serving.gateway.keys`. If empty, no key is needed.",
        values.file,
    )
    auth_exempt: tuple[str, ...] = setting(
        ("health", "metrics", "page"),
        "Routes that need no key: any of `health`, `metrics` and `page` (which includes `/docs` and "
        "`/openapi.json`).",
        values.choices("health", "metrics", "page"),
    )
    rate_limit: str = setting(
        "",
        "Requests allowed per API key, or per client address if there are no keys, such as `100/minute`. "
        "If empty, there is no limit.",
        values.rate,
    )
    rate_limit_storage: str = setting(
        "memory://",
        "Where requests are counted for the rate limit: `memory://` counts in each worker separately, "
        "`redis://HOST:PORT` (or `rediss://`, over TLS) counts for all workers together.",
        values.rate_store,
    )
    trusted_proxies: tuple[str, ...] = setting(
        (),
        "Networks of proxies whose `X-Forwarded-For` header is trusted, such as `10.0.0.0/8`.",
        values.networks,
    )
    cors_origins: tuple[str, ...] = setting(
        (),
        "Origins whose pages may call the API, such as `https://example.org`; `*` for all.",
        values.origins,
    )

    # Logs and traces
    log_level: str = setting(
        "info",
        "Lowest level to log: `debug`, `info`, `warning` or `error`.",
        values.choice("debug", "info", "warning", "error"),
    )
    access_log: bool = setting(
        True, "Whether to log each request as a line of JSON on standard output.", values.boolean
    )
    trace_endpoint: str = setting(
        "",
        "OTLP/HTTP address to send traces to. If empty, none are sent. Needs the `tracing` extra.",
        values.url,
    )

    def __post_init__(self) -> None:
        if bool(self.model_server_certificate) != bool(self.model_server_key):
            raise SettingsError(
                f"{PREFIX}MODEL_SERVER_CERTIFICATE, {PREFIX}MODEL_SERVER_KEY: set both or neither"
            )
        if not self.default_model:
            object.__setattr__(self, "default_model", self.models[0])

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read the settings from ``GATEWAY_*`` variables.

        Args:
            environ: the variables; those of the process when None.

        Raises:
            SettingsError: a value is not allowed; the message names variable, value and what is expected.
        """
        variables = os.environ if environ is None else environ
        given: dict[str, Any] = {}
        for field in fields(cls):
            name = variable(field.name)
            if name in variables:
                given[field.name] = values.read(name, variables[name], field.metadata["parse"])
        return cls(**given)


def variable(field_name: str) -> str:
    """The environment variable of a field."""
    return PREFIX + field_name.upper()


def unknown_variables(environ: Mapping[str, str]) -> list[str]:
    """Variables with the prefix that are no setting, most often because they are misspelt."""
    known = {variable(field.name) for field in fields(Settings)}
    return sorted(name for name in environ if name.startswith(PREFIX) and name not in known)
