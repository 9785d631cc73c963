"""``mnist-classify models``: what the service serves."""

from __future__ import annotations

import click

from client.command.exits import FAILED
from client.command.options import connection, connection_options
from client.command.output import json_text
from client.command.text import fit, printable
from client.results import ModelInfo

_EPILOG = """\b
Examples:
  mnist-classify models
  mnist-classify models fashion_mnist
  mnist-classify models --output json | jq '.[].name'
\b
Exit codes: 0 every model listed is ready, 1 one is not, 2 wrong use (no such model), 3 not reachable.
"""


@click.command(epilog=_EPILOG, help="List the served models, or describe the one that is named.")
@click.argument("name", required=False)
@click.option("--output", "-o", type=click.Choice(["text", "json"]), default="text", show_default=True)
@connection_options(timeout=10.0)
@click.pass_context
def models(ctx: click.Context, /, name: str | None, output: str, **_: object) -> None:
    """Ask and print."""
    with connection(ctx).client() as client:
        found = [client.model(name)] if name else client.models()
    if output == "json":
        bodies = [_body(model) for model in found]
        click.echo(json_text(bodies[0] if name else bodies))
    elif name:
        click.echo("\n".join(_description(found[0])))
    else:
        click.echo("\n".join(_line(model) for model in found) or "no models")
    ctx.exit(0 if all(model.ready for model in found) else FAILED)


def _body(model: ModelInfo) -> dict[str, object]:
    return {
        "name": model.name,
        "ready": model.ready,
        "versions": list(model.versions),
        "labels": list(model.labels),
        "card": dict(model.card),
    }


def _line(model: ModelInfo) -> str:
    ready = "ready" if model.ready else "not ready"
    labels = ", ".join(map(printable, model.labels))
    return f"{fit(printable(model.name), 16)}  {ready:<9}  versions {_versions(model)}  {labels}"


def _description(model: ModelInfo) -> list[str]:
    lines = [_line(model)]
    for key, value in sorted(model.card.items()):
        text = printable(value if isinstance(value, str) else json_text(value))
        lines.append(f"  {key:<16}  {text if len(text) <= 200 else text[:199] + '…'}")
    return lines


def _versions(model: ModelInfo) -> str:
    return ", ".join(_version(version) for version in model.versions) or "none"


def _version(version: object) -> str:
    if not isinstance(version, dict):
        return printable(str(version))
    state = str(version.get("state", ""))
    shown = "" if state in ("", "AVAILABLE") else f" ({printable(state.lower())})"
    return f"{version.get('version')}{shown}"
