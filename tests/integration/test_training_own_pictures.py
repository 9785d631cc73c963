"""Own pictures, from a folder to an answer, and from a correction to the next version."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import tensorflow as tf

from serving.contract import card_from_json
from serving.stack.processes import free_port
from serving.store.layout import card_path
from tests.integration.serving_process import serving
from tests.integration.training_command import last_line, training
from tests.unit.training.own_pictures import as_folder, drawn, split_as
from training import datasets
from training.datasets.catalogue import TRAIN_IMAGES, TRAIN_LABELS

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("training")]

QUICK = ["--model", "dense-128", "--profile", "fast", "--epochs", "4"]


def published(*arguments: str) -> dict[str, Any]:
    """Train and publish; return the last line of stdout."""
    code, out, err = training("train", *arguments)
    assert code == 0, err
    return last_line(out)


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("own")


@pytest.fixture(scope="module")
def two(work: Path) -> dict[str, Any]:
    """A model of two classes, one bad file among their pictures."""
    folder = as_folder(work / "strokes", *drawn(2, 60))
    (folder / "1" / "torn.png").write_bytes(b"\x89PNG")
    places = ["--models-dir", str(work / "models"), "--run-dir", str(work / "run-two")]
    return published("--dataset", str(folder), "--name", "mine", *QUICK, *places)


@pytest.fixture(scope="module")
def hundred(work: Path) -> dict[str, Any]:
    """A model of a hundred classes of ten pictures, as an archive."""
    import numpy as np

    pictures, labels = drawn(100, 10, side=28)
    np.savez(work / "many.npz", x_train=np.stack(pictures), y_train=np.array(labels))
    places = ["--models-dir", str(work / "models"), "--run-dir", str(work / "run-hundred")]
    return published(
        "--dataset", str(work / "many.npz"), "--recipe", "none", "--drop-duplicates", *QUICK, *places
    )


@pytest.fixture(scope="module")
def url(work: Path, two: dict[str, Any], hundred: dict[str, Any]) -> Iterator[str]:
    """A service with both models that keeps corrections."""
    assert {two["name"], hundred["name"]} == {"mine", "many"}
    with serving(work / "models", free_port(), GATEWAY_CORRECTIONS_DIR=str(work / "corrections")) as address:
        yield address


def test_the_report_names_bad_files_and_the_card_no_path(two: dict[str, Any], work: Path) -> None:
    report = (work / "run-two" / "report.md").read_text()
    assert "left out: 1/torn.png: " in report
    assert "24 test pictures are few" in report
    card = card_path(Path(two["path"])).read_text()
    assert str(work) not in card
    assert card_from_json(card).dataset == "strokes"


def test_a_model_of_two_classes_answers_beside_one_of_a_hundred(url: str, work: Path) -> None:
    listed = {each["name"]: each for each in httpx.get(f"{url}/v1/models").json()["models"]}
    assert listed["mine"]["labels"] == ["0", "1"]
    assert listed["many"]["labels"] == [str(number) for number in range(100)]
    pictures, labels = drawn(2, 10, seed=9)
    folder = as_folder(work / "asked", pictures, labels)
    right = [ask(url, "mine", path)["label"] == path.parent.name for path in folder.rglob("*.png")]
    assert sum(right) >= 16, "two angles that are 15 degrees apart"
    answer = ask(url, "many", next(folder.rglob("*.png")), include="probabilities", top_k="100")
    assert len(answer["probabilities"]) == len(answer["top"]) == 100


def ask(url: str, model: str, path: Path, **query: str) -> dict[str, Any]:
    reply = httpx.post(
        f"{url}/v1/models/{model}:classify",
        content=path.read_bytes(),
        headers={"Content-Type": "image/png"},
        params=query,
    )
    assert reply.status_code == 200, reply.text
    prediction: dict[str, Any] = reply.json()["predictions"][0]
    return prediction


def test_corrections_train_the_next_version_and_the_gate_shows_what_they_changed(
    url: str, two: dict[str, Any], work: Path
) -> None:
    turned = as_folder(work / "turned", *drawn(8, 10, seed=5))
    for path in (turned / "6").iterdir():
        sent = {"image": path.read_bytes()}
        reply = httpx.post(f"{url}/v1/models/mine:correct", files=sent, data={"label": "0"})
        assert reply.status_code == 200, reply.text
    places = ["--models-dir", str(work / "models"), "--run-dir", str(work / "run-extra")]
    extra = ["--extra", str(work / "corrections" / "mine"), "--extra-weight", "5", "--allow-regression"]
    found = published("--dataset", str(work / "strokes"), "--name", "mine", *QUICK, *places, *extra)
    assert found["version"] == two["version"] + 1
    card = card_from_json(card_path(Path(found["path"])).read_bytes())
    before = card.gate["compared"][0]["corrections"]["accuracy"]
    assert 0 <= before <= card.gate["new"]["corrections"]["accuracy"] <= 1
    report = (work / "run-extra" / "report.md").read_text()
    assert "corrections were held out; accuracy on them: this model" in report


def test_evaluate_judges_a_version_on_the_same_test_pictures_again(two: dict[str, Any], work: Path) -> None:
    arguments = ["--saved-model", two["path"], "--dataset", str(work / "strokes")]
    code, out, err = training("evaluate", *arguments)
    assert code == 0, err
    assert last_line(out)["accuracy"] == two["test_accuracy"]


def test_a_training_can_start_with_the_weights_of_a_version(two: dict[str, Any], work: Path) -> None:
    folder = as_folder(work / "others", *drawn(3, 20, seed=3))
    places = ["--models-dir", str(work / "models"), "--run-dir", str(work / "run-from")]
    found = published("--dataset", str(folder), "--from", two["path"], "--profile", "fast", *places)
    assert found["parameters"] == 784 * 128 + 128 + 129 * 3, "dense-128, as the version is"


def test_a_named_data_set_as_a_folder_gives_the_same_model_bit_for_bit(work: Path) -> None:
    arrays, named = datasets.digits.arrays(), datasets.load("digits")
    train = datasets.Split(arrays[TRAIN_IMAGES], arrays[TRAIN_LABELS])
    folder = split_as("folder", work / "digits-as-folder", train, named.test)
    given = {"name": ["--dataset", "digits"], "path": ["--dataset", str(folder), "--name", "digits"]}
    weights = {}
    for way, arguments in given.items():
        places = ["--models-dir", str(work / way), "--run-dir", str(work / f"run-{way}")]
        found = published(*arguments, *QUICK, "--deterministic", *places)
        weights[way] = weights_of(Path(found["path"]))
    assert len(weights["name"]) >= 4
    assert weights["name"] == weights["path"]


def weights_of(version: Path) -> dict[str, bytes]:
    """Every variable of a version, in the order of its layers; Keras writes the rest in no fixed order."""
    reader = tf.train.load_checkpoint(str(version / "variables" / "variables"))
    names = [name for name in reader.get_variable_to_shape_map() if name.startswith("variables/")]
    return {name: reader.get_tensor(name).tobytes() for name in sorted(names)}


@pytest.mark.usefixtures("hundred")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--dataset", "{work}/strokes", "--max-bad", "0"], "1/torn.png"),
        (["--dataset", "{work}/strokes", "--from", "{work}"], "no published version"),
        (
            ["--dataset", "{work}/many.npz", "--recipe", "none", "--from", "{two}"],
            "its recipe is",
        ),
        (["--dataset", "mnist", "--recipe", "ink"], "--recipe is only for the path of your own pictures"),
        (["--dataset", "digits", "--extra", "{work}/nowhere"], "there is no such folder"),
    ],
)
@pytest.mark.usefixtures("hundred")
def test_invalid_arguments_exit_with_2_and_one_sentence(
    two: dict[str, Any], work: Path, arguments: list[str], words: str
) -> None:
    given = [each.format(work=work, two=two["path"]) for each in arguments]
    drop = ["--drop-duplicates"] if "many.npz" in given[1] else []
    models = work / "models-of-nobody"
    code, _, err = training(
        "train", *given, *drop, "--models-dir", str(models), "--run-dir", str(work / "run-bad")
    )
    assert (code, words in err) == (2, True), err
    assert "Traceback" not in err
