"""``--from``: a version whose layers cannot be taken over is refused with one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from serving.contract import RECIPE_INK, Card, Thresholds
from serving.store.layout import EXTRA_FOLDER, card_path
from training import models, transfer
from training.__main__ import parser
from training.architectures import Options
from training.commands import train
from training.errors import BadArgument


@pytest.fixture
def version(tmp_path: Path) -> Path:
    """A version of an architecture with an option, without weights."""
    card = Card("letters", ("a", "b"), RECIPE_INK, Thresholds(0.5), training={"architecture": "dense-64"})
    (tmp_path / "1" / EXTRA_FOLDER).mkdir(parents=True)
    card_path(tmp_path / "1").write_text(card.to_json())
    return tmp_path / "1"


def test_an_architecture_with_options_must_be_passed(version: Path) -> None:
    command = ["train", "--dataset", "digits", "--from", str(version)]
    with pytest.raises(BadArgument, match="its architecture is dense-64; pass the --model and the options"):
        train.config_from(parser().parse_args(command))
    given = parser().parse_args([*command, "--model", "dense-256", "--units", "64"])
    assert train.config_from(given).architecture == "dense-64"


@pytest.mark.parametrize("content", [None, b"", b"x"])
def test_missing_or_damaged_weights_are_named(version: Path, content: bytes | None) -> None:
    if content is not None:
        (version / "variables").mkdir()
        (version / "variables" / "variables.index").write_bytes(content)
    model = models.build("dense-128", Options(units=64), 2)
    with pytest.raises(BadArgument, match="its weights are missing or damaged"):
        transfer.take_over(model, version)
