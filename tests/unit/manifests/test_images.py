"""Each image holds every module of ours that its command may import."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.manifests.render import ROOT

IMAGES = (("Dockerfile.train", "training"), ("Dockerfile.serve", "serving"), ("Dockerfile.serve", "client"))
"""Dockerfiles, and packages that their images run."""
LOCKS = {
    "training": "training",
    "serving/gateway": "serving",
    "serving": "model-server",
    "client": "client",
}
"""The lock from which the image of a package is made."""
OPTIONAL = {"opentelemetry", "pandas", "pyarrow", "socksio"}
"""Extras; the code says what to install without them."""
NOT_RUN = {"training": {"prometheus_client"}}
"""What only commands import that an image does not run: the watch over a canary."""
SERVING_TENSORFLOW = "serving/startup.py"
"""It imports TensorFlow only in processes that serve models."""


def imported(path: Path) -> Iterator[str]:
    """Absolute names of modules, or of what is imported from them."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def files_of(name: str) -> Iterator[Path]:
    """The files of this repository that importing a dotted name runs."""
    parts = name.split(".")
    for length in range(1, len(parts) + 1):
        place = ROOT.joinpath(*parts[:length])
        yield from (path for path in (place / "__init__.py", place.with_suffix(".py")) if path.is_file())


def needed(package: str) -> set[Path]:
    """The files of a package, and all that they import, directly or not."""
    waiting = list((ROOT / package).rglob("*.py"))
    found: set[Path] = set()
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += [file for name in imported(path) for file in files_of(name)]
    return found


def copied(dockerfile: str) -> list[Path]:
    """Files and folders of the repository that a Dockerfile copies."""
    lines = (ROOT / dockerfile).read_text().splitlines()
    sources = [line.split()[1:-1] for line in lines if line.startswith("COPY ") and "--from=" not in line]
    return [ROOT / source for each in sources for source in each if "$" not in source]


@pytest.mark.parametrize(("dockerfile", "package"), IMAGES)
def test_an_image_holds_every_module_that_it_may_import(dockerfile: str, package: str) -> None:
    places = copied(dockerfile)
    files = needed(package)
    assert len(files) > 10
    missing = [path for path in files if not any(path.is_relative_to(place) for place in places)]
    assert sorted(str(path.relative_to(ROOT)) for path in missing) == []


@pytest.mark.parametrize("dockerfile", sorted({dockerfile for dockerfile, _ in IMAGES}))
def test_the_builder_gets_everything_that_is_copied(dockerfile: str) -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    sent = [ROOT / line[1:] for line in lines if line.startswith("!")]
    assert [
        str(each) for each in copied(dockerfile) if not any(each.is_relative_to(place) for place in sent)
    ] == []


@pytest.mark.parametrize("package", LOCKS)
def test_the_lock_of_an_image_names_every_distribution_that_it_may_import(package: str) -> None:
    lock = (ROOT / f"requirements/{LOCKS[package]}.lock").read_text()
    locked = {canonical(name) for name in re.findall(r"^([\w.-]+)==", lock, re.MULTILINE)}
    files = (path for path in needed(package) if path != ROOT / SERVING_TENSORFLOW)
    names = {name.partition(".")[0] for path in files for name in imported(path)}
    ours = {name for name in names if (ROOT / name).exists()}
    distributions = packages_distributions()
    others = names - ours - OPTIONAL - NOT_RUN.get(package, set()) - set(sys.stdlib_module_names)
    assert others
    missing = [
        name for name in others if not locked & {canonical(each) for each in distributions.get(name, [])}
    ]
    assert missing == []


def canonical(distribution: str) -> str:
    """A distribution's name as lock files write it."""
    return re.sub(r"[-_.]+", "-", distribution).lower()
