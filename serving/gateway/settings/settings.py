"""The gateway's settings: a frozen dataclass that is read once from the environment and checked.

``docs/configuration.md`` is generated from it: ``python -m docs.configuration``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from serving.gateway.settings import values
from serving.gateway.settings.values import setting

PREFIX = "GATEWAY_"


class SettingsError(ValueError):
    """A variable whose value is not allowed."""


@dataclass(frozen=True)
class Settings:
    """The gateway's settings. The environment variable ``GATEWAY_PORT`` sets ``port``, and so on.

    A setting's docstring describes it to operators: it is its row in ``docs/configuration.md``.
    """

    # Listening
    host: str = setting("127.0.0.1", str)
    """Address to listen on; `localhost` means both loopback addresses."""
    port: int = setting(8080, values.integer(0, 65535))
    """Port to listen on."""
    workers: int = setting(2, values.integer(1, 256))
    """Number of worker processes."""
    threads: int = setting(4, values.integer(1, 1024))
    """Threads per worker that decode and prepare pictures and read large requests."""
    cpu_affinity: str = setting("auto", values.choice("auto", "off"))
    """`auto` pins each worker to a CPU of its own if there are at least as many CPUs as workers; `off` never
    does."""

    # Models
    model_server: str = setting("localhost:8500", values.address)
    """gRPC address of TensorFlow Serving, as `HOST:PORT`."""
    models: tuple[str, ...] = setting(("mnist",), values.names)
    """Names of the models, separated by commas. Readiness depends on these; other models on the model server
    can still be called."""
    models_file: str = setting("", values.file)
    """File with more model names to list in `GET /v1/models`, one per line. It may change while the gateway
    runs."""
    default_model: str = setting("", lambda value: values.names(value)[0])
    """Model behind `POST /classify`. If empty, the first of `GATEWAY_MODELS`."""
    notice: str = setting("", str)
    """A sentence to show on the page."""

    # Connection to the model server
    model_server_tls: bool = setting(False, values.boolean)
    """Whether to connect to the model server over TLS."""
    model_server_ca: str = setting("", values.file)
    """File of CA certificates that verify the model server. If empty, the system's."""
    model_server_certificate: str = setting("", values.file)
    """File with the gateway's client certificate."""
    model_server_key: str = setting("", values.file)
    """File with the private key of that certificate."""
    model_server_name: str = setting("", str)
    """Name expected in the model server's certificate, if it differs from the address."""

    # Time limits
    deadline_seconds: float = setting(5.0, values.number(0.01, 3600))
    """Time limit for answering a request, from its last byte. Callers can shorten it with
    `X-Request-Timeout`, which counts from the request's first byte."""
    upload_seconds: float = setting(30.0, values.number(0.1, 3600))
    """Time limit for receiving a whole request."""
    idle_seconds: float = setting(75.0, values.number(1, 3600))
    """Time a connection may stay idle between requests."""
    drain_seconds: float = setting(2.0, values.number(0, 300))
    """Time from SIGTERM until the port closes. Meanwhile readiness fails and requests are still answered."""
    grace_seconds: float = setting(30.0, values.number(1, 3600))
    """Time for requests in progress to finish after the port has closed."""
    ready_when: str = setting("any", values.choice("any", "all"))
    """When `/readyz` answers 200: if `any` of the models can answer, or only if `all` can."""
    readiness_seconds: float = setting(1.0, values.number(0.05, 60))
    """Time to wait for the model server during a readiness check, and to reuse the result."""

    # Size limits
    max_image_bytes: int = setting(10_000_000, values.integer(1, 10**9))
    """Maximum size of one picture in bytes."""
    max_image_pixels: int = setting(25_000_000, values.integer(1, 10**9))
    """Maximum number of pixels in one picture."""
    max_images: int = setting(128, values.integer(1, 10_000))
    """Maximum number of pictures in one request."""
    max_marks: int = setting(1_000, values.integer(1, 10_000))
    """Maximum number of marks on one picture that `:read` reads. Beyond that, the picture is refused."""
    max_request_bytes: int = setting(64_000_000, values.integer(1, 10**10))
    """Maximum size of one request in bytes, both as sent and decompressed."""
    max_batch: int = setting(64, values.integer(1, 10_000))
    """Maximum number of pictures in one call to the model."""
    max_waiting: int = setting(512, values.integer(1, 10**6))
    """Maximum number of pictures that wait for one model in one worker. Beyond that, requests get 429."""
    max_calls: int = setting(16, values.integer(1, 1024))
    """Calls that one worker makes to one model at a time."""
    batch_calls: int = setting(1, values.integer(1, 64))
    """Batches that one worker sends to one model at a time."""

    # Corrections
    corrections_dir: str = setting("", str)
    """Folder for the pictures that callers correct with `:correct`. If empty, none are kept.
    See [your own pictures](your-own-pictures.md#from-a-correction-to-a-better-version)."""
    corrections_max: int = setting(10_000, values.integer(1, 10**6))
    """Maximum number of corrections kept per model."""
    corrections_max_bytes: int = setting(1_000_000_000, values.integer(1, 10**12))
    """Maximum size of one model's corrections in bytes."""
    corrections_disk_share: float = setting(0.9, values.number(0.01, 1))
    """Share of the disk that may be in use by anything. Beyond it, no corrections are kept."""

    # Access
    api_keys_file: str = setting("", values.file)
    """File of API keys, written by `python -m serving.gateway.keys`. If empty, no key is needed."""
    auth_exempt: tuple[str, ...] = setting(
        ("health", "metrics", "page"), values.each(values.choice("health", "metrics", "page"))
    )
    """Routes that need no key: any of `health`, `metrics` and `page` (which includes `/docs` and
    `/openapi.json`)."""
    rate_limit: str = setting("", values.rate)
    """Requests allowed per API key, or per client address if there are no keys, such as `100/minute`. If
    empty, there is no limit."""
    rate_limit_storage: str = setting("memory://", values.rate_store)
    """Where requests are counted for the rate limit: `memory://` counts in each worker separately,
    `redis://HOST:PORT` (or `rediss://`, over TLS) counts for all workers together."""
    trusted_proxies: tuple[str, ...] = setting((), values.each(values.network))
    """Networks of proxies whose `X-Forwarded-For` header is trusted, such as `10.0.0.0/8`."""
    cors_origins: tuple[str, ...] = setting((), values.each(values.origin))
    """Origins whose pages may call the API, such as `https://example.org`; `*` for all."""

    # Logs and traces
    log_level: str = setting("info", values.choice("debug", "info", "warning", "error"))
    """Lowest level to log: `debug`, `info`, `warning` or `error`."""
    access_log: bool = setting(True, values.boolean)
    """Whether to log each request as a line of JSON on standard output."""
    trace_endpoint: str = setting("", values.url)
    """OTLP/HTTP address to send traces to. If empty, none are sent. Needs the `tracing` extra."""

    def __post_init__(self) -> None:
        if bool(self.model_server_certificate) != bool(self.model_server_key):
            raise SettingsError(
                f"{PREFIX}MODEL_SERVER_CERTIFICATE, {PREFIX}MODEL_SERVER_KEY: set both or neither"
            )
        if not self.default_model:
            object.__setattr__(self, "default_model", self.models[0])

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Read the settings from ``GATEWAY_*`` variables.

        Raises:
            SettingsError: a value is not allowed; the message names variable, value and what is expected.
        """
        given: dict[str, Any] = {}
        for field in fields(cls):
            name = variable(field.name)
            # Empty text stands for "not set" where that is the default.
            if name in environ and (environ[name].strip() or field.default != ""):
                try:
                    given[field.name] = field.metadata["parse"](environ[name].strip())
                except ValueError as error:
                    shown = re.sub(r"//[^/@]*@", "//***@", environ[name])  # an address may hold a password
                    raise SettingsError(f"{name}={shown!r}: {error}") from error
        return cls(**given)


def variable(field_name: str) -> str:
    """The environment variable of a field."""
    return PREFIX + field_name.upper()


def unknown_variables(environ: Mapping[str, str]) -> list[str]:
    """Variables with the prefix that are no setting, most often because they are misspelt."""
    known = {variable(field.name) for field in fields(Settings)}
    return sorted(name for name in environ if name.startswith(PREFIX) and name not in known)
