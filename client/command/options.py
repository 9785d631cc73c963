"""The options that several commands share, and the client that they describe."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from client.batching import DEFAULT_CONCURRENCY
from client.requests import DEFAULT_MODEL, DEFAULT_URL, base_url

if TYPE_CHECKING:
    from client.synchronous import Client

KEY_VARIABLE = "MNIST_API_KEY"
LONGEST_TIMEOUT = 3600.0

Command = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Service:
    """Where the service is, and how patiently it is asked."""

    url: str
    api_key: str | None
    timeout: float
    retries: int

    def client(self) -> Client:
        """A client of it."""
        from client.synchronous import Client

        return Client(self.url, self.api_key, timeout=self.timeout, retries=self.retries)


def service_options(timeout: float) -> Callable[[Command], Command]:
    """``--url``, ``--api-key-file``, ``--timeout`` and ``--retries``.

    Args:
        timeout: the default of ``--timeout`` in seconds.
    """
    options: list[Callable[[Command], Command]] = [
        click.option(
            "--url",
            default=DEFAULT_URL,
            envvar="MNIST_URL",
            show_default=True,
            show_envvar=True,
            callback=_url,
            help="Address of the service.",
        ),
        click.option(
            "--api-key-file",
            type=click.Path(path_type=Path),
            help=f"File with the API key. {KEY_VARIABLE} may hold the key itself.",
        ),
        click.option(
            "--timeout",
            type=click.FloatRange(0, LONGEST_TIMEOUT, min_open=True),
            default=timeout,
            show_default=True,
            help="Seconds for one request with its retries, at most 3600.",
        ),
        click.option(
            "--retries",
            type=click.IntRange(0),
            default=20,
            show_default=True,
            help="Retries of a request that failed for a passing reason.",
        ),
    ]

    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def model_option(command: Command) -> Command:
    """``--model``."""
    option = click.option("--model", "-m", default=DEFAULT_MODEL, show_default=True, help="Model to ask.")
    return option(command)


def version_options(command: Command) -> Command:
    """``--version`` and ``--label``."""
    version = click.option("--version", type=click.IntRange(0), help="Ask this version of the model.")
    label = click.option("--label", help="Ask the version with this version label, such as canary.")
    return version(label(command))


def check_version(given: Mapping[str, Any]) -> None:
    """Refuse a version together with a label.

    Raises:
        click.UsageError: both are given.
    """
    if given["version"] is not None and given["label"] is not None:
        raise click.UsageError("--version and --label name the same thing: give one.")


def load_options(batch_size: int) -> Callable[[Command], Command]:
    """``--batch-size``, of this default, and ``--concurrency``."""
    size = click.option(
        "--batch-size",
        type=click.IntRange(1),
        default=batch_size,
        show_default=True,
        help="Pictures in one request.",
    )
    at_once = click.option(
        "--concurrency",
        type=click.IntRange(1, 256),
        default=DEFAULT_CONCURRENCY,
        show_default=True,
        help="Requests at once.",
    )
    return lambda command: size(at_once(command))


def output_option(*formats: str) -> Callable[[Command], Command]:
    """``--output``, the first format being its default."""
    return click.option(
        "--output",
        "-o",
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
        help="Output format.",
    )


def service(ctx: click.Context) -> Service:
    """The values of ``service_options``."""
    given = ctx.params
    return Service(given["url"], _api_key(ctx), given["timeout"], given["retries"])


def _url(ctx: click.Context, parameter: click.Parameter, value: str) -> str:
    try:
        return base_url(value)
    except ValueError as error:
        raise click.BadParameter(f"{error}.", ctx, parameter) from error


def _api_key(ctx: click.Context) -> str | None:
    file: Path | None = ctx.params["api_key_file"]
    from_environment = os.environ.get(KEY_VARIABLE)
    configured = ctx.get_parameter_source("api_key_file") is ParameterSource.DEFAULT_MAP
    if file is None or (from_environment and configured):
        return _key(from_environment, KEY_VARIABLE) if from_environment else None
    try:
        return _key(file.read_text(encoding="utf-8"), str(file))
    except (OSError, UnicodeDecodeError) as error:
        raise click.UsageError(f"The API key file {file} cannot be read: {error}.") from error


def _key(text: str, where: str) -> str:
    key = text.strip()
    if not key or not key.isascii() or not key.isprintable():
        raise click.UsageError(f"{where} holds no API key: a key is one line of plain ASCII characters.")
    return key
