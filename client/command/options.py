"""The options that several commands share, and the client that they configure."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from client.requests import DEFAULT_CONCURRENCY, DEFAULT_MODEL, DEFAULT_URL, base_url, is_text

if TYPE_CHECKING:
    from client.synchronous import Client

KEY_VARIABLE = "MNIST_API_KEY"
LONGEST_TIMEOUT = 3600.0
FORMATS = ("text", "json", "jsonl", "csv")

Command = Callable[..., Any]
Decorator = Callable[[Command], Command]


def together(*options: Decorator) -> Decorator:
    """Several options as one decorator, in the order of the help."""

    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def _url(ctx: click.Context, parameter: click.Parameter, value: str) -> str:
    try:
        return base_url(value)
    except ValueError as error:
        raise click.BadParameter(f"{error}.", ctx, parameter) from error


def service_options(timeout: float) -> Decorator:
    """``--url``, ``--api-key-file``, ``--timeout`` with this default in seconds, and ``--retries``."""
    return together(
        click.option(
            "--url",
            default=DEFAULT_URL,
            envvar="MNIST_URL",
            show_envvar=True,
            callback=_url,
            help="Address of the service.",
        ),
        click.option(
            "--api-key-file",
            type=click.Path(path_type=Path),
            help=f"File with the API key. {KEY_VARIABLE} can hold the key itself.",
        ),
        click.option(
            "--timeout",
            type=click.FloatRange(0, LONGEST_TIMEOUT, min_open=True),
            default=timeout,
            help="Seconds for one request with its retries, at most 3600.",
        ),
        click.option(
            "--retries",
            type=click.IntRange(0),
            default=20,
            help="Retries of a request that failed for a passing reason.",
        ),
    )


def as_text(ctx: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """The same value; click's callback for what is sent to the service.

    Raises:
        click.BadParameter: it holds bytes that are not text.
    """
    if not is_text(value or ""):
        raise click.BadParameter("it is not valid text.", ctx, parameter)
    return value


model_option = click.option("--model", "-m", default=DEFAULT_MODEL, callback=as_text, help="Model to ask.")
version_options = together(
    click.option("--version", type=click.IntRange(0), help="Ask this version of the model."),
    click.option(
        "--label", callback=as_text, help="Ask the version with this version label, such as canary."
    ),
)
concurrency_option = click.option(
    "--concurrency",
    type=click.IntRange(1, 256),
    default=DEFAULT_CONCURRENCY,
    help="Requests at once.",
)
save_inputs_option = click.option(
    "--save-inputs",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Save what the model saw as PNG files in this folder.",
)


def batch_size_option(default: int) -> Decorator:
    """``--batch-size`` with this default."""
    return click.option(
        "--batch-size",
        type=click.IntRange(1),
        default=default,
        help="Pictures per request.",
    )


class _Format(click.Choice[str]):
    """Output formats. If a configuration names one that only other commands have, the first is used."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:  # noqa: ANN401
        """The format."""
        configured = (
            ctx and param and ctx.get_parameter_source(str(param.name)) is ParameterSource.DEFAULT_MAP
        )
        if configured and value in FORMATS and value not in self.choices:
            return str(self.choices[0])
        return super().convert(value, param, ctx)


def output_option(*formats: str) -> Decorator:
    """``--output``; the first format is the default."""
    return click.option(
        "--output",
        "-o",
        type=_Format(formats),
        default=formats[0],
        help="Output format.",
    )


def client_arguments(ctx: click.Context) -> dict[str, Any]:
    """The arguments of ``Client`` and ``AsyncClient`` that ``service_options`` give."""
    names = ("url", "timeout", "retries")
    return {"api_key": _api_key(ctx), **{name: ctx.params[name] for name in names}}


def client_for(ctx: click.Context) -> Client:
    """A client of the service that ``service_options`` describe."""
    from client.synchronous import Client

    return Client(**client_arguments(ctx))


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
