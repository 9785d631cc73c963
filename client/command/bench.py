"""``mnist-classify bench``: latencies and throughput of a service, as a client sees them."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Any

import click

from client.command import FAILED, SUCCESS
from client.command.options import (
    batch_size_option,
    client_arguments,
    model_option,
    output_option,
    service_options,
)
from client.errors import ClientError, SourceError
from client.records import json_text
from client.replies import CLASSIFY
from client.requests import Options
from client.results import Failure
from client.sources import Upload, load

if TYPE_CHECKING:
    from client.asynchronous import AsyncClient

_AFTER_ERROR_SECONDS = 0.05

_EPILOG = """\b
Examples:
  mnist-classify bench --seconds 10
  mnist-classify bench --concurrency 16 --batch-size 32 photo.jpg
  mnist-classify bench --output json | jq .images_per_second
\b
Failed requests are counted, not retried.
Exit codes: 0 all answered, 1 some failed, 2 wrong usage, 3 not reachable.
"""


@click.command(epilog=_EPILOG, help="Measure latencies and throughput. Sends one picture repeatedly.")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--seconds", type=click.FloatRange(0, min_open=True), default=5.0, help="How long to measure.")
@click.option("--concurrency", type=click.IntRange(1, 256), default=8, help="Requests at once.")
@batch_size_option(1)
@output_option("text", "json")
@model_option
@service_options(timeout=10.0)
@click.pass_context
def bench(ctx: click.Context, /, **given: Any) -> None:  # noqa: ANN401 - click's values
    """Check that the service answers, then measure."""
    batch = [_picture(given["file"])] * given["batch_size"]
    found = asyncio.run(_measured(client_arguments(ctx), given, batch))
    body = _body(found, given)
    click.echo(json_text(body) if given["output"] == "json" else _table(body))
    ctx.exit(FAILED if found.errors else SUCCESS)


@dataclass
class Measured:
    """The result of a measurement.

    Attributes:
        latencies: seconds of each call that was answered.
        answered: pictures that got an answer.
        errors: how often each problem code was returned, for a picture or for a whole call.
        seconds: wall time from the first call to the last answer.
        cpu_seconds: processor time of this process in that period.
    """

    latencies: list[float] = field(default_factory=list)
    answered: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    cpu_seconds: float = 0.0

    def percentile(self, percent: float) -> float:
        """The latency in seconds at this percentile (nearest rank); 0 without calls."""
        ordered = sorted(self.latencies)
        return ordered[max(0, ceil(len(ordered) * percent / 100) - 1)] if ordered else 0.0


async def _measured(arguments: dict[str, Any], given: dict[str, Any], batch: list[Upload]) -> Measured:
    from client.asynchronous import AsyncClient

    found, options = Measured(), Options(model=given["model"])
    async with AsyncClient(**{**arguments, "retries": 0}) as client:
        await client.classify(batch[0].data or batch[0].path, model=options.model)
        begin, cpu = perf_counter(), process_time()
        end = begin + given["seconds"]
        calls = (_repeat(client, batch, options, end, found) for _ in range(given["concurrency"]))
        await asyncio.gather(*calls)
    found.seconds, found.cpu_seconds = perf_counter() - begin, process_time() - cpu
    return found


async def _repeat(
    client: AsyncClient, batch: list[Upload], options: Options, until: float, found: Measured
) -> None:
    while (begin := perf_counter()) < until:
        try:
            results = await client.ask_batch(CLASSIFY, [*batch], options)
        except ClientError as error:
            found.errors[error.code] += 1
            await asyncio.sleep(min(error.retry_after or _AFTER_ERROR_SECONDS, max(0.0, until - begin)))
            continue
        found.latencies.append(perf_counter() - begin)
        failures = [result.error.code for result in results if isinstance(result, Failure)]
        found.answered += len(results) - len(failures)
        found.errors.update(failures)


def _picture(file: Path | None) -> Upload:
    """The file, or by default a one, white on black, 28x28."""
    from PIL import Image

    one = Image.new("L", (28, 28))
    one.paste(255, (12, 4, 16, 24))
    try:
        return load(file or one)
    except SourceError as error:
        raise click.UsageError(error.detail) from error


def _body(found: Measured, given: dict[str, Any]) -> dict[str, Any]:
    return {
        "images_per_second": round(found.answered / found.seconds, 1),
        "requests_per_second": round(len(found.latencies) / found.seconds, 1),
        "latency_ms": {f"p{rank}": round(found.percentile(rank) * 1000, 2) for rank in (50, 90, 99, 100)},
        "requests": len(found.latencies),
        "images": found.answered,
        "errors": dict(found.errors),
        "batch_size": given["batch_size"],
        "concurrency": given["concurrency"],
        "seconds": round(found.seconds, 2),
        "client_cpu_seconds": round(found.cpu_seconds, 2),
    }


def _table(body: dict[str, Any]) -> str:
    lines = []
    for key, value in body.items():
        text = value if not isinstance(value, dict) else ", ".join(f"{a} {b}" for a, b in value.items())
        lines.append(f"{key.replace('_', ' '):<20} {text or 'none'}")
    return "\n".join(lines)
