"""What the gateway can be told: one frozen dataclass, read from the environment once, every value checked.

``docs/configuration.md`` is made from it: ``python -m serving.gateway.settings.document``.
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
    """The gateway's settings; the names are those of the variables without ``GATEWAY_``, in lower case."""

    # Listening
    host: str = setting("127.0.0.1", "Address to listen on.", values.text)
    port: int = setting(8080, "Port to listen on.", values.integer(0, 65535))
    workers: int = setting(2, "Worker processes.", values.integer(1, 256))
    threads: int = setting(
        16,
        "Requests, small pictures aside, that one worker answers at a time.",
        values.integer(1, 1024),
    )

    cpu_affinity: str = setting(
        "auto",
        "`auto` keeps each worker on a processor of its own where there are as many processors as workers; "
        "`off` never does.",
        values.choice("auto", "off"),
    )

    # Models
    model_server: str = setting(
        "localhost:8500", "Where TensorFlow Serving's gRPC port is, as `HOST:PORT`.", values.address
    )
    models: tuple[str, ...] = setting(
        ("mnist",),
        "Names of the models, separated by commas; readiness waits for these. Others that the model server "
        "has can be called as well.",
        values.names,
    )
    default_model: str = setting(
        "", "Model that `POST /classify` asks; empty for the first of `GATEWAY_MODELS`.", values.name_or_empty
    )
    notice: str = setting("", "A sentence shown on the page.", values.text)

    # Connection to the model server
    model_server_tls: bool = setting(False, "Speak TLS to the model server.", values.boolean)
    model_server_ca: str = setting(
        "", "File with the certificates that vouch for the model server; empty for the system's.", values.file
    )
    model_server_certificate: str = setting("", "File with the gateway's own certificate.", values.file)
    model_server_key: str = setting("", "File with the key of that certificate.", values.file)
    model_server_name: str = setting(
        "", "Name to expect in the model server's certificate, where it is not its address.", values.text
    )

    # Time
    deadline_seconds: float = setting(
        5.0, "Time for one request; callers ask for less with `X-Request-Timeout`.", values.number(0.01, 3600)
    )
    upload_seconds: float = setting(
        30.0, "Time for a request to arrive as a whole.", values.number(0.1, 3600)
    )
    idle_seconds: float = setting(
        75.0, "Time a connection may stay open between requests.", values.number(1, 3600)
    )
    drain_seconds: float = setting(
        2.0, "Time between readiness failing and the port closing, once told to stop.", values.number(0, 300)
    )
    grace_seconds: float = setting(
        30.0, "Time for requests in flight to finish, once told to stop.", values.number(1, 3600)
    )
    readiness_seconds: float = setting(
        1.0, "How long an answer about readiness is kept, and waited for.", values.number(0.05, 60)
    )

    # Limits
    max_image_bytes: int = setting(10_000_000, "Bytes of one picture.", values.integer(1, 10**9))
    max_image_pixels: int = setting(25_000_000, "Pixels of one picture.", values.integer(1, 10**9))
    max_images: int = setting(128, "Pictures in one request.", values.integer(1, 10_000))
    max_request_bytes: int = setting(
        64_000_000, "Bytes of one request, counted before and after inflation.", values.integer(1, 10**10)
    )
    max_batch: int = setting(64, "Pictures gathered into one call to the model.", values.integer(1, 10_000))
    max_waiting: int = setting(
        512, "Pictures waiting for a model in one worker; more is refused with 429.", values.integer(1, 10**6)
    )
    max_calls: int = setting(
        16, "Calls to the model server that one worker has under way at a time.", values.integer(1, 1024)
    )
    batch_calls: int = setting(
        1, "Batches of one model that one worker has under way at a time.", values.integer(1, 64)
    )

    # Who may call, and how often
    api_keys_file: str = setting(
        "", "File of API keys (`python -m serving.gateway.keys`); empty lets everybody in.", values.file
    )
    auth_exempt: tuple[str, ...] = setting(
        ("health", "metrics", "page"),
        "What needs no key: any of `health`, `metrics`, `page` (with `/docs` and `/openapi.json`).",
        values.choices("health", "metrics", "page"),
    )
    rate_limit: str = setting(
        "", "Requests per key or address, such as `100/minute`; empty for no limit.", values.rate
    )
    rate_limit_storage: str = setting(
        "memory://",
        "Where rates are counted: `memory://` counts in each worker for itself, `redis://HOST:PORT` in one "
        "place for all.",
        values.rate_store,
    )
    trusted_proxies: tuple[str, ...] = setting(
        (),
        "Networks whose `X-Forwarded-For` is believed, such as `10.0.0.0/8`.",
        values.networks,
    )
    cors_origins: tuple[str, ...] = setting(
        (), "Origins whose pages may call, such as `https://example.org`; `*` for all.", values.origins
    )

    # Telling
    log_level: str = setting(
        "info",
        "One of `debug`, `info`, `warning`, `error`.",
        values.choice("debug", "info", "warning", "error"),
    )
    access_log: bool = setting(True, "One line of JSON a request on standard output.", values.boolean)
    trace_endpoint: str = setting(
        "",
        "OTLP/HTTP address to send traces to; empty for none. Needs the `tracing` extra.",
        values.url,
    )

    def __post_init__(self) -> None:
        if bool(self.model_server_certificate) != bool(self.model_server_key):
            raise SettingsError(
                f"{PREFIX}MODEL_SERVER_CERTIFICATE, {PREFIX}MODEL_SERVER_KEY: set both or none"
            )
        if not self.default_model:
            object.__setattr__(self, "default_model", self.models[0])

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read the settings from ``GATEWAY_*`` variables.

        Args:
            environ: the variables; the process's own when None.

        Raises:
            SettingsError: naming the variable whose value is wrong and what it takes.
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
    """Variables that look like settings and are none: most often misspelt."""
    known = {variable(field.name) for field in fields(Settings)}
    return sorted(name for name in environ if name.startswith(PREFIX) and name not in known)
