"""``mnist-classify health``: whether the service lives and is ready."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from client.command.exits import ALL_WELL, FAILED, NOT_REACHABLE
from client.command.options import connection, connection_options
from client.command.output import json_text
from client.errors import ClientError, Problem

if TYPE_CHECKING:
    from client.synchronous import Client

_EPILOG = """\b
Examples:
  mnist-classify health
  mnist-classify health --wait 60 && mnist-classify classify photos/
\b
Exit codes: 0 alive and ready, 1 alive but not ready, 3 not reachable.
"""


@click.command(epilog=_EPILOG, help="Say whether the service is alive and every model is ready.")
@click.option("--wait", type=click.FloatRange(0), help="Wait so many seconds until it is ready.")
@click.option("--output", "-o", type=click.Choice(["text", "json"]), default="text", show_default=True)
@connection_options(timeout=5.0)
@click.pass_context
def health(ctx: click.Context, /, wait: float | None, output: str, **_: object) -> None:
    """Ask and print."""
    where = connection(ctx)
    with where.client() as client:
        if wait is not None:
            _wait(client, wait)
        alive = _probe(client, "/healthz")
        ready = alive if isinstance(alive, ClientError) else _probe(client, "/readyz")
    if output == "json":
        reason = {"reason": ready.detail} if ready else {}
        click.echo(json_text({"url": where.url, "alive": alive is None, "ready": ready is None, **reason}))
    else:
        click.echo(_sentence(where.url, alive, ready))
    ctx.exit(NOT_REACHABLE if alive else FAILED if ready else ALL_WELL)


def _wait(client: Client, seconds: float) -> None:
    """Wait; whether that helped is what the probes after it say."""
    try:
        client.wait_until_ready(seconds)
    except ClientError:
        return


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
