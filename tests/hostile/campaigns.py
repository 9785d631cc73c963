"""Where the inputs of the long run come from: the corpus, chance, hypothesis, and coverage."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.hostile import bodies, corpus, targets
from tests.hostile.tally import Tally
from tests.hostile.watched import FOLDER, Feed, Probe, run

Campaign = Callable[[int, float, int], Tally]
"""Takes how many inputs, how many seconds at most, and a seed."""

GUIDED_NEEDS = "atheris is not installed here: make fuzz brings it"


def thought_of_files(inputs: int, seconds: float, _seed: int) -> Tally:  # noqa: ARG001 - all are run, always
    """Every hostile file."""
    return run("files thought of", targets.picture, _feed(case.data for case in corpus.files()), seconds)


def damaged_files(inputs: int, seconds: float, seed_: int) -> Tally:
    """Sound pictures, damaged at random."""
    files = (case.data for case in corpus.damaged_files(inputs, seed_))
    return run("files damaged", targets.picture, _feed(files), seconds)


def thought_of_requests(inputs: int, seconds: float, _seed: int) -> Tally:  # noqa: ARG001
    """Every hostile request."""
    found = (targets.written(each) for each in bodies.requests())
    return run("requests thought of", targets.request, _feed(found), seconds)


def damaged_requests(inputs: int, seconds: float, seed_: int) -> Tally:
    """Requests, damaged at random."""
    found = bodies.damaged_requests(inputs, seed_)
    return run("requests damaged", targets.request, _feed(found), seconds)


def invented_requests(inputs: int, seconds: float, seed_: int) -> Tally:
    """Requests that hypothesis makes of the API's own words."""

    def feed(probe: Probe) -> None:
        going = True

        @seed(seed_)
        @settings(
            max_examples=inputs,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(bodies.invented)
        def put(data: bytes) -> None:
            nonlocal going
            if going:
                going = probe(data)

        put()

    return run("requests invented", targets.request, feed, seconds)


def guided_files(inputs: int, seconds: float, seed_: int) -> Tally:
    """Files that coverage leads to."""
    return _guided("picture", inputs, seconds, seed_)


def guided_bodies(inputs: int, seconds: float, seed_: int) -> Tally:
    """Bodies that coverage leads to."""
    return _guided("body", inputs, seconds, seed_)


CAMPAIGNS: dict[str, tuple[Campaign, float]] = {
    "files": (thought_of_files, 0.0),
    "damaged-files": (damaged_files, 0.25),
    "guided-files": (guided_files, 0.2),
    "requests": (thought_of_requests, 0.0),
    "damaged-requests": (damaged_requests, 0.33),
    "invented-requests": (invented_requests, 0.02),
    "guided-bodies": (guided_bodies, 0.2),
}
"""Each campaign by name, with its share of the inputs; the corpus is run as a whole besides."""


def _feed(inputs: Iterable[bytes]) -> Feed:
    def feed(probe: Probe) -> None:
        for data in inputs:
            if not probe(data):
                return

    return feed


def _guided(target: str, inputs: int, seconds: float, seed_: int) -> Tally:
    """Run libFuzzer in a process of its own; it ends the process it runs in."""
    tally = Tally(f"{target}: guided")
    if find_spec("atheris") is None:
        tally.outcomes[GUIDED_NEEDS] = 0
        return tally
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        stats = Path(folder) / "stats.json"
        command = [sys.executable, "-m", "tests.hostile.guided", target, str(stats), str(inputs)]
        command += [str(max(1, int(seconds))), str(seed_)]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
        if stats.is_file():
            found = json.loads(stats.read_text())
            tally = Tally(tally.name, Counter(found["outcomes"]), found["seconds"], found["slowest"])
            # Not its memory: the process grows with libFuzzer; what it led to is flat when put again.
    if done.returncode != 0:
        tally.failures.append(f"{target}: libFuzzer ended with {done.returncode}\n{done.stderr[-3000:]}")
    return tally
