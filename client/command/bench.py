"""``mnist-classify bench``: latencies and throughput of a service, as a client meets them."""

from __future__ import annotations

from pathlib import Path

import click

from client.command.bench_run import Measured, measure
from client.command.exits import ALL_WELL, FAILED
from client.command.options import Connection, connection, connection_options, model_option
from client.command.output import json_text
from client.errors import SourceError
from client.png import encode
from client.requests import OptionFields
from client.sources import load

_EPILOG = """\b
Examples:
  mnist-classify bench --seconds 10
  mnist-classify bench --concurrency 16 --batch-size 32 photo.jpg
  mnist-classify bench --output json | jq .images_per_second
\b
Requests are not repeated here: what fails is counted.
Exit codes: 0 all answered, 1 some failed, 2 wrong use, 3 not reachable.
"""


@click.command(epilog=_EPILOG, help="Send one picture over and over; tell latencies and throughput.")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--seconds", type=click.FloatRange(0, min_open=True), default=5.0, show_default=True)
@click.option("--concurrency", type=click.IntRange(1, 256), default=8, show_default=True, help="At once.")
@click.option("--batch-size", type=click.IntRange(1), default=1, show_default=True, help="Per request.")
@click.option("--output", "-o", type=click.Choice(["text", "json"]), default="text", show_default=True)
@model_option
@connection_options(timeout=10.0)
@click.pass_context
def bench(
    ctx: click.Context,
    /,
    file: Path | None,
    seconds: float,
    concurrency: int,
    batch_size: int,
    output: str,
    model: str,
    **_: object,
) -> None:
    """Make sure that the service answers, then measure."""
    where = connection(ctx)
    once = Connection(where.url, where.api_key, where.timeout, retries=0)
    batch = [_picture(file)] * batch_size
    options: OptionFields = {"model": model}
    with once.client() as client:
        client.classify(batch[0], **options)
        found = measure(lambda: client.classify_batch(batch, **options), concurrency, seconds)
    body = _body(found, batch_size, concurrency)
    click.echo(json_text(body) if output == "json" else _table(body))
    ctx.exit(FAILED if found.errors else ALL_WELL)


def _picture(file: Path | None) -> bytes:
    """The file, or else a picture of our own: a one, white on black, 28x28."""
    if file is None:
        row = bytes(12) + b"\xff" * 4 + bytes(12)
        return encode(bytes(28 * 4) + row * 20 + bytes(28 * 4), 28, 28)
    try:
        return b"".join(load(file).blocks())
    except SourceError as error:
        raise click.UsageError(error.detail) from error


def _body(found: Measured, batch_size: int, concurrency: int) -> dict[str, object]:
    return {
        "images_per_second": round(found.answered / found.seconds, 1),
        "requests_per_second": round(len(found.latencies) / found.seconds, 1),
        "latency_ms": {f"p{rank}": round(found.percentile(rank) * 1000, 2) for rank in (50, 90, 99, 100)},
        "requests": len(found.latencies),
        "images": found.answered,
        "errors": dict(found.errors),
        "batch_size": batch_size,
        "concurrency": concurrency,
        "seconds": round(found.seconds, 2),
        "client_cpu_seconds": round(found.cpu_seconds, 2),
    }


def _table(body: dict[str, object]) -> str:
    lines = []
    for key, value in body.items():
        text = value if not isinstance(value, dict) else ", ".join(f"{a} {b}" for a, b in value.items())
        lines.append(f"{key.replace('_', ' '):<20} {text or 'none'}")
    return "\n".join(lines)
