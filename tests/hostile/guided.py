"""A target under libFuzzer, which follows the coverage of the Python code: run by ``campaigns``.

    python -m tests.hostile.guided TARGET STATS.json INPUTS SECONDS SEED

The libraries in C are not instrumented; Pillow's plugins, werkzeug's parsers and all of ``serving`` are.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import atheris  # type: ignore[import-untyped]

with atheris.instrument_imports(include=["serving", "PIL", "werkzeug"], enable_loader_override=False):
    from tests.hostile import bodies, pictures, targets
    from tests.hostile.tally import DEADLINE_SECONDS, Tally
    from tests.hostile.watched import FOLDER

LONGEST = 8_192
WRITE_EVERY = 1_000


def main(target: str, stats: str, inputs: str, seconds: str, seed: str) -> None:
    """Set libFuzzer up and let it run; never returns."""
    with tempfile.TemporaryDirectory(prefix="corpus-") as folder:
        _write_seeds(target, Path(folder))
        arguments = [
            f"-runs={inputs}",
            f"-max_total_time={seconds}",
            f"-seed={seed}",
            f"-max_len={LONGEST}",
            "-timeout=60",
            "-rss_limit_mb=4096",
            "-print_final_stats=1",
            f"-artifact_prefix={FOLDER}/",
            folder,
        ]
        atheris.Setup([sys.argv[0], *arguments], _counted(getattr(targets, target), Path(stats)))
        atheris.Fuzz()


def _write_seeds(target: str, folder: Path) -> None:
    if target == "picture":
        found = [data for data in pictures.variety() if len(data) <= LONGEST]
    else:
        kinds = range(len(targets.TEMPLATES))
        whole = [each.body for each in bodies.requests() if len(each.body) < LONGEST]
        found = [bytes([kind]) + data for kind in kinds for data in whole[kind::8]]
    for number, data in enumerate(found):
        (folder / str(number)).write_bytes(data)


def _counted(target: targets.Target, stats: Path) -> Callable[[bytes], None]:
    tally = Tally("")

    def put(data: bytes) -> None:
        started = time.thread_time()
        outcome = target(data)
        seconds = time.thread_time() - started
        if seconds > DEADLINE_SECONDS:
            raise TimeoutError(f"{seconds:.1f} s of CPU time")
        tally.count(outcome, seconds)
        if tally.inputs % WRITE_EVERY == 0:
            stats.write_text(json.dumps({**vars(tally), "outcomes": dict(tally.outcomes)}))

    return put


if __name__ == "__main__":
    main(*sys.argv[1:])
