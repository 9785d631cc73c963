"""Folders, patterns and lists as pictures."""

from __future__ import annotations

import io
import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from client.command.inputs import StandardInput, inputs, listed
from client.listing import Unlisted, sorted_names


def _names(places: list[str], recursive: bool = False) -> list[str]:
    return [str(getattr(found, "name", found)) for found in inputs(places, recursive)]


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in (
        "b.png",
        "a.png",
        "sub/z.png",
        "sub/deep/y.png",
        "sub.png",
        ".hidden",
        "sub/.git/x",
        "A.png",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_folder_is_its_files_in_order(tree: Path) -> None:
    assert _names([str(tree)]) == [str(tree / name) for name in ("A.png", "a.png", "b.png", "sub.png")]


def test_recursive_goes_into_folders_in_the_order_of_the_paths(tree: Path) -> None:
    found = [os.path.relpath(name, tree) for name in _names([f"{tree}/"], recursive=True)]
    assert found == ["A.png", "a.png", "b.png", "sub.png", "sub/deep/y.png", "sub/z.png"]


@pytest.mark.usefixtures("tree")
def test_patterns_are_expanded_in_order() -> None:
    assert _names(["*.png", "**/y.png"]) == ["A.png", "a.png", "b.png", "sub.png", "sub/deep/y.png"]


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(tree: Path) -> None:
    (tree / "[a].png").write_bytes(b"x")
    assert _names(["[a].png"]) == ["[a].png"]


@pytest.mark.usefixtures("tree")
def test_a_pattern_without_a_match_is_reported() -> None:
    (found,) = inputs(["*.tiff"], recursive=False)
    assert isinstance(found, Unlisted)
    with pytest.raises(FileNotFoundError):
        found.read()


def test_links_in_a_circle_end(tree: Path) -> None:
    (tree / "sub" / "loop").symlink_to(tree)
    assert len(_names([str(tree)], recursive=True)) == 6


def test_a_broken_link_is_not_passed_over_in_silence(tree: Path) -> None:
    (tree / "broken.png").symlink_to(tree / "nowhere")
    assert str(tree / "broken.png") in _names([str(tree)])


@pytest.fixture
def abyss(tmp_path: Path) -> Iterator[Path]:
    """A folder 1,200 folders deep; taken down again here, since pytest's own cleaning up would recurse."""
    steps = [f"{tmp_path}/abyss" + "/d" * depth for depth in range(1200)]
    for step in steps:
        os.mkdir(step)
    file = Path(steps[-1], "x")
    file.write_bytes(b"x")
    yield tmp_path / "abyss"
    file.unlink()
    for step in reversed(steps):
        os.rmdir(step)


def test_folders_nested_a_thousand_deep_are_walked(abyss: Path) -> None:
    assert sum(1 for _ in inputs([str(abyss)], recursive=True)) == 1


def test_a_dash_is_standard_input() -> None:
    (found,) = inputs(["-"], recursive=False)
    assert isinstance(found, StandardInput)
    assert found.name == "-"


def test_names_are_sorted_in_runs_as_in_one() -> None:
    names = [f"{random.Random(number).random()}\n{number}".encode() for number in range(1000)]
    assert list(sorted_names(iter(names), run=64)) == sorted(names)


def test_long_names_survive_the_runs() -> None:
    names = [bytes([65 + number % 26]) * (number * 97 % 5000 + 1) for number in range(600)]
    assert list(sorted_names(iter(names), run=100)) == sorted(names)


@pytest.mark.parametrize(
    ("content", "separator", "paths"),
    [
        (b"a.png\nb c.png\r\n\n\xc3\xbc.png", b"\n", ["a.png", "b c.png", "ü.png"]),
        (b"a\nb.png\0c.png\0", b"\0", ["a\nb.png", "c.png"]),
        (b"\xff.png\n", b"\n", [os.fsdecode(b"\xff.png")]),
        (b"", b"\0", []),
    ],
)
def test_lists_of_paths(content: bytes, separator: bytes, paths: list[str]) -> None:
    assert list(listed(io.BytesIO(content), separator)) == paths
