"""docs/api.md: its examples are the files, and print what it says where only `.[client]` is installed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from client import problems
from client.errors import Problem
from serving.gateway.keys import digest, make_key
from serving.images import recipes
from tests.stack import Stack, running_stack

# The first of them installs a dozen packages.
pytestmark = [pytest.mark.xdist_group("stack"), pytest.mark.timeout(900)]

DOCS = Path(__file__).resolve().parents[2] / "docs"
EXAMPLES = DOCS / "examples"
INSTALL = "pip install '.[client]'"
INTERPRETERS = {".sh": ["sh"], ".py": ["python"], ".mjs": ["node"], ".go": ["go", "run"]}
PASSED_ON = ("HOME", "LANG", "PATH", "SSL_CERT_FILE", "TMPDIR")
KEY = make_key()
_EXAMPLE = re.compile(
    r"<!-- example: (\S+) -->\n```\w+\n(.*?)```\n\nIt prints:\n\n```text\n(.*?)\n```", re.DOTALL
)


class Example(NamedTuple):
    """An example as the page shows it."""

    name: str
    source: str
    output: str


PAGE = (DOCS / "api.md").read_text(encoding="utf-8")
SHOWN = [Example(*found) for found in _EXAMPLE.findall(PAGE)]


def _command(name: str) -> list[str]:
    return [*INTERPRETERS[Path(name).suffix], name]


def _runnable(example: Example) -> bool:
    programs = {_command(example.name)[0], *(["curl"] if "curl" in example.source else [])}
    return all(shutil.which(program) for program in programs)


RUNNABLE = [example for example in SHOWN if _runnable(example)]
each_example = pytest.mark.parametrize("example", RUNNABLE, ids=lambda example: str(example.name))


@pytest.fixture(scope="session")
def installed(shared_tmp: Path) -> Path:
    """A new virtual environment in which the page's first command was run; its ``bin``."""
    folder = shared_tmp / "api-page"
    bin_folder = folder / "venv" / "bin"
    if not (folder / "done").exists():
        # A copy, because building a package writes into its folder; of the packages, the client is enough.
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(DOCS.parent / "client", folder / "checkout" / "client", ignore=ignored)
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(DOCS.parent / name, folder / "checkout")
        subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
        environ = {**os.environ, "PATH": f"{bin_folder}:{os.environ['PATH']}", "PIP_NO_COMPILE": "1"}
        subprocess.run(["sh", "-c", INSTALL], cwd=folder / "checkout", env=environ, check=True)
        (folder / "done").touch()
    return bin_folder


@pytest.fixture(scope="module")
def locked(models_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A service that asks for ``KEY``."""
    folder = tmp_path_factory.mktemp("locked")
    (folder / "keys.txt").write_text(f"reader {digest(KEY)}\n")
    environ = {"GATEWAY_API_KEYS_FILE": str(folder / "keys.txt")}
    with running_stack(models_dir, folder, environ=environ) as stack:
        yield stack


def test_the_first_command_of_the_page_installs_what_its_programs_need() -> None:
    assert re.search(r"```sh\n(.*)\n", PAGE)[1] == INSTALL  # type: ignore[index]


def test_the_page_shows_every_program_as_it_is() -> None:
    programs = {path.name for path in EXAMPLES.iterdir() if path.suffix in INTERPRETERS}
    assert {example.name for example in SHOWN} == programs
    for example in SHOWN:
        assert example.source == (EXAMPLES / example.name).read_text(encoding="utf-8")


@each_example
def test_an_example_prints_what_the_page_says(example: Example, stack: Stack, installed: Path) -> None:
    done = _run(example, stack, installed)
    assert _comparable(done.stdout.rstrip("\n")) == _comparable(example.output), done.stderr


@each_example
def test_an_example_takes_a_key_from_the_environment(
    example: Example, locked: Stack, installed: Path
) -> None:
    done = _run(example, locked, installed, MNIST_API_KEY=KEY)
    assert _comparable(done.stdout.rstrip("\n")) == _comparable(example.output), done.stderr


@each_example
def test_an_example_explains_what_is_wrong_and_ends_with_an_error(
    example: Example, locked: Stack, installed: Path
) -> None:
    done = _run(example, locked, installed, MNIST_API_KEY="wrong")
    said = done.stdout + done.stderr
    assert "wrong_key" in said or "This API key is unknown." in said
    assert "Traceback" not in said
    assert "UnhandledPromise" not in said
    if example.name != "classify.py":  # which goes on to the next picture
        assert done.returncode or re.search("exit code [12]", said)


def test_every_problem_code_is_on_the_page() -> None:
    codes = {found.code for found in vars(problems).values() if _is_problem(found)}
    assert codes
    assert {code for code in codes if f"`{code}`" not in PAGE} == set()


@pytest.mark.parametrize("recipe", ["ink@2", "garment@2"])
def test_every_step_that_the_sources_name_is_on_the_page(recipe: str) -> None:
    table = PAGE[PAGE.index("### Steps") : PAGE.index("## The models")]
    named = set(re.findall(r"`([^`]+)`", table))
    folder = DOCS.parent / "serving" / "images" / recipe.partition("@")[0]
    found = set()
    for path in folder.glob("*.py"):
        source = path.read_text(encoding="utf-8")
        found |= set(re.findall(r'steps(?:\.append\(|.*\[|.*, )"([a-z ]+)"', source))
    assert found
    assert found - named == set()
    assert recipes.steps_of(recipe)


def _is_problem(found: object) -> bool:
    return isinstance(found, type) and issubclass(found, Problem) and found is not Problem


def _run(example: Example, stack: Stack, installed: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run an example in its folder as somebody does who has followed the page, with nothing else set."""
    own: Mapping[str, str] = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return subprocess.run(
        _command(example.name),
        cwd=EXAMPLES,
        env={
            **own,
            "PATH": f"{installed}:{os.environ['PATH']}",
            "PYTHONDONTWRITEBYTECODE": "1",
            "MNIST_URL": stack.url,
            "MNIST_MODEL": "digits",
            **environ,
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def _comparable(output: str) -> str:
    """The output without what differs from model to model: its name, probabilities, and how sure it is."""
    output = re.sub(r"0\.\d+(e-\d+)?", "0.N", output)
    output = re.sub(r"\b(ok|uncertain|out_of_distribution)\b", "STATUS", output)
    return re.sub(r'("(?:name|model)": ?)"(mnist|digits)"', r'\1"MODEL"', output)
