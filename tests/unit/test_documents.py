"""What the documents name is there: files, folders, links and make targets."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
OUR_FOLDERS = "training|serving|client|tests|k8s|benchmarks|monitoring|requirements|docs"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_that_a_document_names_exists(document: Path) -> None:
    text = document.read_text("utf-8")
    named = set(re.findall(rf"`((?:{OUR_FOLDERS})/[\w./-]+)`", text))
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_within_the_repository_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:|mailto:)([^)\s]+)\)", document.read_text("utf-8"))
    broken = [link for link in links if not _leads_somewhere(document, link)]
    assert broken == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_make_target_that_a_document_names_exists(document: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = set(re.findall(r"(?:`|^ {4})make ([a-z][a-z-]*)", document.read_text("utf-8"), re.MULTILINE))
    assert named - targets == set()


def test_the_readme_stays_short() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) < 120


def test_the_commands_of_the_readme_name_files_and_modules_that_are_there() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    commands = re.findall(r"^(?:    |\$ )((?:\S*python|curl)\b.*)$", text, re.MULTILINE)
    files = {name for command in commands for name in re.findall(r"(?:@|\s)((?:docs|tests)/\S+)", command)}
    assert files
    assert [name for name in sorted(files) if not (ROOT / name).exists()] == []
    started = [command.split() for command in commands if " -m " in command]
    assert {words[0] for words in started} == {".venv/bin/python"}, "what `make run` sets up"
    assert [words[2] for words in started if find_spec(words[2]) is None] == []


def _leads_somewhere(document: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (document.parent / path).resolve() if path else document
    if not target.exists():
        return False
    return not anchor or target.suffix != ".md" or anchor in _anchors(target)


def _anchors(document: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", document.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
