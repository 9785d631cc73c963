"""What a new model is compared with: what serves, not what has the highest number, and the best ever."""

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
from tests.life.server import BROKEN, Server, eventually
from training import datasets
from training.comparison import Best, Comparison
from training.datasets import Dataset
from training.errors import PublicationError
from training.export import published

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
    return published.compare(model, data, THRESHOLDS, never, published.stable_version(model, None))


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
    assert published.stable_version(model, None) == 3


def test_after_a_rollback_what_serves_is_the_version_that_was_gone_back_to(model: Path) -> None:
    pin(model, 2)
    assert published.stable_version(model, None) == 2


@contextmanager
def serving(model: Path) -> Iterator[None]:
    """A server that is found on the folder, told to load every version, and cannot load version 3."""
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


def test_a_newest_version_that_the_running_server_cannot_load_is_not_what_serves(model: Path) -> None:
    with serving(model):
        assert published.stable_version(model, None) == 2
    assert published.stable_version(model, None) == 3


def test_beside_a_running_server_the_version_gone_back_to_is_what_serves(model: Path) -> None:
    pin(model, 1)
    with serving(model):
        assert published.stable_version(model, None) == 1


def test_a_server_that_does_not_answer_leaves_the_configuration_to_say_what_serves(model: Path) -> None:
    pin(model, 1)
    with announced(model.parent, Running("127.0.0.1:1", "http://localhost:1")):
        assert published.stable_version(model, None) == 1


def test_a_configuration_elsewhere_may_name_the_folder_as_the_server_sees_it(
    model: Path, tmp_path: Path
) -> None:
    file = tmp_path / "elsewhere.config"
    file.write_text(
        'model_config_list { config { name: "digits" base_path: "/models/digits" '
        "model_version_policy { specific { versions: 1 } } } }"
    )
    assert published.stable_version(model, file) == 1


def test_a_configuration_that_cannot_be_read_is_no_licence_to_publish(model: Path, tmp_path: Path) -> None:
    (tmp_path / "models.config").write_text("model_config_list {")
    with pytest.raises(PublicationError, match="cannot tell which version serves"):
        published.stable_version(model, None)
    with pytest.raises(PublicationError, match="there is no such file"):
        published.stable_version(model, tmp_path / "nowhere")


def test_a_first_version_has_nothing_to_be_compared_with(tmp_path: Path, data: Dataset) -> None:
    assert compare(tmp_path / "digits", data) == Comparison()


def test_the_best_ever_counts_though_its_version_is_gone(model: Path, data: Dataset) -> None:
    mine = published.test_sha256(data)
    with ledger.held(model) as book:
        for version, accuracy, test in ((4, 0.97, mine), (5, 0.95, mine), (6, 0.99, "other pictures")):
            book.append(LedgerEntry(version, "run", "digest", "2026-01-01T00:00:00Z", accuracy, test))
    assert published.best_ever(model, mine) == Best(4, 0.97)


def test_other_data_under_the_same_name_is_noticed(model: Path, data: Dataset) -> None:
    give_card(model, 3, Card("mnist", data.labels, "ink@2", THRESHOLDS))
    found = compare(model, data)
    assert found.other_data == "version 3, which serves, was trained on mnist, this one on digits"


def test_other_test_pictures_under_the_name_of_the_same_data_set_are_noticed(
    model: Path, data: Dataset
) -> None:
    before = replace(data, sha256={**data.sha256, "t10k-images-idx3-ubyte": "0"})
    give_card(
        model,
        3,
        Card("digits", data.labels, "ink@2", THRESHOLDS, training={"data_sha256": dict(before.sha256)}),
    )
    assert "was judged on other test pictures" in compare(model, data).other_data


def test_what_serves_and_has_no_card_is_a_problem(model: Path, data: Dataset) -> None:
    assert compare(model, data).problem == f"{model / '3'} has no card that can be read"


def test_what_serves_by_a_recipe_that_is_gone_is_said_to_be_so_and_does_not_stop_its_successor(
    model: Path, data: Dataset
) -> None:
    give_card(model, 3, Card("digits", data.labels, "ink", THRESHOLDS))
    found = compare(model, data)
    assert found.problem == found.other_data == ""
    assert found.notes == (f"{model / '3'} names the recipe ink, which this release does not serve",)
