"""``mnist-classify models`` and ``health``: what the service serves, and whether it is ready."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from client.command import FAILED, NOT_REACHABLE, SUCCESS
from client.command.options import as_text, client_for, output_option, service_options
from client.command.text import fit, printable
from client.errors import ClientError, Problem
from client.records import json_text
from client.requests import shown_url
from client.results import ModelInfo

if TYPE_CHECKING:
    from client.synchronous import Client

_MODELS_EPILOG = """\b
Examples:
  mnist-classify models
  mnist-classify models fashion_mnist
  mnist-classify models --output json | jq '.[].name'
\b
Exit codes: 0 every model listed is ready, 1 one is not, 2 wrong usage (no such model), 3 not reachable.
"""

_HEALTH_EPILOG = """\b
Examples:
  mnist-classify health
  mnist-classify health --wait 60 && mnist-classify classify photos/
\b
Exit codes: 0 alive and ready, 1 alive but not ready, 2 wrong usage, 3 not reachable.
"""


@click.command(epilog=_MODELS_EPILOG, help="List the served models, or describe one.")
@click.argument("name", required=False, callback=as_text)
@output_option("text", "json")
@service_options(timeout=10.0)
@click.pass_context
def models(ctx: click.Context, /, name: str | None, output: str, **_: object) -> None:
    """Ask and print."""
    with client_for(ctx) as client:
        found = [client.model(name)] if name else client.models()
    if output == "json":
        bodies = [asdict(model) for model in found]
        click.echo(json_text(bodies[0] if name else bodies))
    elif name:
        click.echo("\n".join(_description(found[0])))
    else:
        click.echo("\n".join(_line(model) for model in found) or "no models")
    ctx.exit(SUCCESS if all(model.ready for model in found) else FAILED)


@click.command(epilog=_HEALTH_EPILOG, help="Check whether the service is alive and every model is ready.")
@click.option("--wait", type=click.FloatRange(0), help="Seconds to wait for it to be ready.")
@output_option("text", "json")
@service_options(timeout=5.0)
@click.pass_context
def health(ctx: click.Context, /, url: str, wait: float | None, output: str, **_: object) -> None:
    """Ask and print."""
    with client_for(ctx) as client:
        if wait is not None:
            with suppress(ClientError):  # the probes below give the reason
                client.wait_until_ready(wait)
        alive = _probe(client, "/healthz")
        ready = alive if alive is not None else _probe(client, "/readyz")
    url = shown_url(url)
    if output == "json":
        reason = {"reason": ready.detail} if ready else {}
        click.echo(json_text({"url": url, "alive": alive is None, "ready": ready is None, **reason}))
    else:
        click.echo(_sentence(url, alive, ready))
    ctx.exit(NOT_REACHABLE if alive else FAILED if ready else SUCCESS)


def _probe(client: Client, path: str) -> ClientError | None:
    try:
        client.probe(path)
    except ClientError as error:
        return error
    return None


def _sentence(url: str, alive: ClientError | None, ready: ClientError | None) -> str:
    if alive is not None:
        answered = isinstance(alive, Problem)
        return f"{url} is {'not well' if answered else 'not reachable'}: {alive.detail}"
    return f"{url} is alive and ready" if ready is None else f"{url} is alive, not ready: {ready.detail}"


def _line(model: ModelInfo) -> str:
    ready = "ready" if model.ready else "not ready"
    labels = ", ".join(map(printable, model.labels))
    versions = ", ".join(map(_version, model.versions)) or "none"
    return f"{fit(printable(model.name), 16)}  {ready:<9}  versions {versions}  {labels}"


def _description(model: ModelInfo) -> list[str]:
    lines = [_line(model)]
    for key, value in sorted(model.card.items()):
        text = printable(value if isinstance(value, str) else json_text(value))
        lines.append(f"  {key:<16}  {text if len(text) <= 200 else text[:199] + '…'}")
    return lines


def _version(version: object) -> str:
    if not isinstance(version, dict):
        return printable(str(version))
    state = str(version.get("state", ""))
    shown = "" if state in ("", "AVAILABLE") else f" ({printable(state.lower())})"
    return f"{version.get('version')}{shown}"
