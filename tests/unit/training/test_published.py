"""A new model is compared with the serving version, not the newest one, and with the best ever."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from serving.contract import Card, Thresholds
from serving.store import configuration, ledger
from serving.store.layout import card_path
from serving.store.ledger import LedgerEntry
from serving.store.running import Running, announced
from tests.life.server import BROKEN, Server
from tests.waiting import eventually
from training import datasets
from training.comparison import Best, Comparison
from training.datasets import Dataset
from training.errors import PublicationError
from training.export import published, serving_version

THRESHOLDS = Thresholds(0.5)


@pytest.fixture(scope="module")
def data() -> Dataset:
    return datasets.load("digits", seed=1)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    for version in ("1", "2", "3"):
        (tmp_path / "digits" / version).mkdir(parents=True)
    return tmp_path / "digits"


def never(_: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    raise AssertionError("there is nothing to ask the new model for")


def compare(model: Path, data: Dataset) -> Comparison:
    return published.compare(model, data, THRESHOLDS, never, serving_version.find(model, None))


def give_card(model: Path, version: int, card: Card) -> None:
    path = card_path(model / str(version))
    path.parent.mkdir()
    path.write_text(card.to_json())


def pin(model: Path, version: int) -> Path:
    file = model.parent / "models.config"
    config = configuration.read(file, model.parent)
    entry = configuration.entry_of(config, model.name)
    entry.version_labels["stable"] = version
    configuration.write(config, file)
    return file


def test_without_a_configuration_the_newest_version_serves(model: Path) -> None:
    assert serving_version.find(model, None) == 3


def test_after_a_rollback_the_earlier_version_serves(model: Path) -> None:
    pin(model, 2)
    assert serving_version.find(model, None) == 2


@contextmanager
def serving(model: Path) -> Iterator[None]:
    """A server on the folder that is told to load every version and cannot load version 3."""
    for version in ("1", "2", "3"):
        content = BROKEN if version == "3" else version
        (model / version / "saved_model.pb").write_text(content)
    config = configuration.read(model.parent / "none", model.parent)
    configuration.entry_of(config, model.name).model_version_policy.all.SetInParent()
    file = model.parent / "as-served.config"
    configuration.write(config, file)
    server = Server(file)
    try:
        eventually(lambda: server.available(model.name) == {1, 2}, "two versions serve")
        with announced(model.parent, Running(server.address, "http://localhost:1")):
            yield
    finally:
        server.stop()


def test_a_newest_version_that_the_running_server_cannot_load_does_not_serve(model: Path) -> None:
    with serving(model):
        assert serving_version.find(model, None) == 2
    assert serving_version.find(model, None) == 3


def test_with_a_running_server_the_version_after_a_rollback_serves(model: Path) -> None:
    pin(model, 1)
    with serving(model):
        assert serving_version.find(model, None) == 1


def test_if_a_server_does_not_answer_the_configuration_decides_what_serves(model: Path) -> None:
    pin(model, 1)
    with announced(model.parent, Running("127.0.0.1:1", "http://localhost:1")):
        assert serving_version.find(model, None) == 1


def test_another_configuration_may_have_the_path_that_the_server_sees(model: Path, tmp_path: Path) -> None:
    file = tmp_path / "elsewhere.config"
    file.write_text(
        'model_config_list { config { name: "digits" base_path: "/models/digits" '
        "model_version_policy { specific { versions: 1 } } } }"
    )
    assert serving_version.find(model, file) == 1


def test_an_unreadable_configuration_is_an_error(model: Path, tmp_path: Path) -> None:
    (tmp_path / "models.config").write_text("model_config_list {")
    with pytest.raises(PublicationError, match="the serving version is unknown"):
        serving_version.find(model, None)
    with pytest.raises(PublicationError, match="there is no such file"):
        serving_version.find(model, tmp_path / "nowhere")


def test_a_first_version_is_compared_with_nothing(tmp_path: Path, data: Dataset) -> None:
    assert compare(tmp_path / "digits", data) == Comparison()


def test_the_best_version_ever_counts_even_if_it_was_deleted(model: Path, data: Dataset) -> None:
    mine = published.test_sha256(data)
    with ledger.held(model) as book:
        for version, accuracy, test in ((4, 0.97, mine), (5, 0.95, mine), (6, 0.99, "other pictures")):
            book.append(LedgerEntry(version, "run", "digest", "2026-01-01T00:00:00Z", accuracy, test))
    assert published.best_ever(model, mine) == Best(4, 0.97)


def test_other_data_under_the_same_name_is_noticed(model: Path, data: Dataset) -> None:
    give_card(model, 3, Card("mnist", data.labels, "ink@2", THRESHOLDS))
    found = compare(model, data)
    assert found.other_data == "the serving version 3 was trained on mnist, this one on digits"


def test_other_test_pictures_under_the_name_of_the_same_data_set_are_noticed(
    model: Path, data: Dataset
) -> None:
    before = replace(data, sha256={**data.sha256, "t10k-images-idx3-ubyte": "0"})
    give_card(
        model,
        3,
        Card("digits", data.labels, "ink@2", THRESHOLDS, training={"data_sha256": dict(before.sha256)}),
    )
    assert "was evaluated on other test pictures" in compare(model, data).other_data


def test_a_serving_version_without_a_card_is_a_problem(model: Path, data: Dataset) -> None:
    assert compare(model, data).problem == f"{model / '3'} has no readable card"


def test_a_serving_version_with_a_removed_recipe_is_noted_and_does_not_block_its_successor(
    model: Path, data: Dataset
) -> None:
    give_card(model, 3, Card("digits", data.labels, "ink", THRESHOLDS))
    found = compare(model, data)
    assert found.problem == found.other_data == ""
    assert found.notes == (f"{model / '3'} names the recipe ink, which this release does not have",)
