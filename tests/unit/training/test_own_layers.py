"""A learner's own network: every mistake in it gets an error message of one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from training import models
from training.architectures import Options
from training.errors import FittingFailed

START = "from keras import Sequential, layers\n"


def build(folder: Path, code: str) -> int:
    """Count the parameters of the network that the code builds."""
    file = folder / "mine.py"
    file.write_text(START + code)
    return int(models.build(str(file), Options(), classes=10).count_params())


def test_a_list_of_layers_becomes_a_model(tmp_path: Path) -> None:
    code = "def build(): return [layers.Flatten(), layers.Dense(32, 'relu'), layers.Dense(10)]"
    assert build(tmp_path, code) == 784 * 32 + 32 + 330


def test_a_sequential_model_gives_its_layers(tmp_path: Path) -> None:
    code = "def build(): return Sequential([layers.Flatten(), layers.Dense(10)])"
    assert build(tmp_path, code) == 7850


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("[layers.Dense(10)]", "a Flatten .* is missing before the last Dense"),
        (
            "[layers.Flatten(), layers.Dense(5)]",
            "the last layer has 5 neurons for labels 0 to 9: it needs 10",
        ),
        ("[layers.Flatten(), layers.Dense(10, 'softmax')]", "the last layer has a softmax: remove it"),
        ("[layers.Flatten(), layers.Conv2D(4, 3), layers.Dense(10)]", "the layers do not fit together: "),
        ("[layers.Flatten(), nonsense]", "mine.py: NameError: name 'nonsense' is not defined"),
        ("7", r"build\(\) of .*mine.py must return a list of Keras layers, not int"),
        ("['Dense']", "must return a list of Keras layers, not list"),
    ],
)
def test_invalid_layers_are_refused_with_one_sentence(tmp_path: Path, body: str, told: str) -> None:
    with pytest.raises(FittingFailed, match=told):
        build(tmp_path, f"def build(): return {body}")


def test_a_file_without_build_is_refused_with_an_example(tmp_path: Path) -> None:
    with pytest.raises(FittingFailed, match=r"has no build\(\); add one, for example: def build"):
        build(tmp_path, "")


@pytest.mark.parametrize("code", ["raise SystemExit(0)", "def build(): exit()"])
def test_a_file_that_exits_does_not_end_the_job_as_if_it_had_published(tmp_path: Path, code: str) -> None:
    with pytest.raises(FittingFailed, match=r"mine.py: SystemExit"):
        build(tmp_path, code)


def test_a_file_that_is_not_python_is_named(tmp_path: Path) -> None:
    with pytest.raises(FittingFailed, match=r"mine.py: SyntaxError"):
        build(tmp_path, "def build(:")
