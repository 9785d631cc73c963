"""The client in a clean virtual environment, without the packages that it needs."""

from __future__ import annotations

import os
import subprocess
import venv
from pathlib import Path

import click
import pytest

REPOSITORY = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an empty virtual environment."""
    folder = tmp_path_factory.mktemp("empty")
    venv.create(folder, with_pip=False, symlinks=True)
    return folder / "bin" / "python"


def _run(python: Path, *arguments: str, path: str = "") -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [str(python), "-m", "client", *arguments],
        cwd=REPOSITORY,
        env={**environ, "PYTHONPATH": path} if path else environ,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("arguments", [["--help"], ["classify", "seven.png"]])
def test_without_its_packages_it_says_what_to_install(python: Path, arguments: list[str]) -> None:
    done = _run(python, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "the package 'click' is not installed" in done.stderr
    assert "pip install '.[client]'" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_package_that_is_missing_later_is_named_too(python: Path, tmp_path: Path) -> None:
    (tmp_path / "click").symlink_to(Path(click.__file__).parent)
    done = _run(python, "classify", "seven.png", path=str(tmp_path))
    assert done.returncode == 2
    assert "is not installed" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_library_without_its_packages_raises_what_python_raises(python: Path) -> None:
    program = "from client import ClientError, Failure; from client import Client"
    done = subprocess.run(
        [str(python), "-c", program], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert "ModuleNotFoundError" in done.stderr
