"""The predictor whose models are in the worker itself, on a real SavedModel."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from serving.contract import INPUT_IMAGES, OUTPUT_PROBABILITIES, SIGNATURE_DESCRIBE, SIGNATURE_PREDICT
from serving.errors import ModelRefused, ModelTimeout, NotFound, ServiceError
from serving.gateway.deadline import Deadline
from serving.gateway.model_client.predictor import AVAILABLE, CallContext
from serving.gateway.names import ModelRef
from serving.gateway.server import bridge
from serving.local.predictor import QUICK_VALUES, LocalPredictor
from tests.waiting import eventually

DIGITS = ModelRef("digits")


def configuration(folder: Path, policy: str = "") -> str:
    """A file of models that names ``digits`` only."""
    entry = f'name: "digits" model_platform: "tensorflow" base_path: "{folder / "digits"}" {policy}'
    return f"model_config_list {{ config {{ {entry} }} }}"


def soon() -> CallContext:
    """The context of a call that may take long."""
    return CallContext(Deadline.after(30))


def images(count: int) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float32]]]:
    """Blank pictures, as the model takes them."""
    return {INPUT_IMAGES: np.zeros((count, 28, 28, 1), np.float32)}


def serves(predictor: LocalPredictor, version: int) -> bool:
    """Whether a version answers calls that name none."""
    try:
        reply = bridge.wait_for(predictor.predict(DIGITS, SIGNATURE_PREDICT, images(1), soon()))
    except ServiceError:
        return False
    return reply.version == version


@pytest.fixture
def folder(models_dir: Path, tmp_path: Path) -> Path:
    """A folder with version 1 of ``digits`` and a file of models."""
    shutil.copytree(models_dir / "digits" / "1", tmp_path / "digits" / "1")
    (tmp_path / "models.config").write_text(configuration(tmp_path))
    return tmp_path


@pytest.fixture
def predictor(folder: Path) -> Iterator[LocalPredictor]:
    """A predictor that has loaded it."""
    local = LocalPredictor(folder / "models.config")
    eventually(lambda: serves(local, 1))
    yield local
    bridge.wait_for(local.close())


@pytest.mark.parametrize("count", [1, QUICK_VALUES // 784 + 1], ids=["on the loop", "in a thread"])
def test_it_answers_with_one_row_for_each_picture(predictor: LocalPredictor, count: int) -> None:
    reply = bridge.wait_for(predictor.predict(DIGITS, SIGNATURE_PREDICT, images(count), soon()))
    assert reply.version == 1
    assert reply.outputs[OUTPUT_PROBABILITIES].shape == (count, 10)


def test_it_says_what_it_has(predictor: LocalPredictor) -> None:
    (status,) = bridge.wait_for(predictor.status("digits", soon()))
    assert (status.version, status.state, status.error) == (1, AVAILABLE, "")
    signatures = bridge.wait_for(predictor.signatures(DIGITS, soon()))
    assert {SIGNATURE_PREDICT, SIGNATURE_DESCRIBE} <= set(signatures.by_name)
    assert signatures.by_name[SIGNATURE_PREDICT].inputs[INPUT_IMAGES].shape == (-1, 28, 28, 1)


@pytest.mark.parametrize(
    "ref", [ModelRef("nope"), ModelRef("digits", version=9), ModelRef("digits", label="nope")]
)
def test_what_is_not_there_is_not_found(predictor: LocalPredictor, ref: ModelRef) -> None:
    with pytest.raises(NotFound):
        bridge.wait_for(predictor.predict(ref, SIGNATURE_PREDICT, images(1), soon()))


def test_a_signature_that_the_model_lacks_is_refused(predictor: LocalPredictor) -> None:
    with pytest.raises(ModelRefused):
        bridge.wait_for(predictor.predict(DIGITS, "nope", images(1), soon()))


def test_a_call_whose_deadline_has_passed_is_not_begun(predictor: LocalPredictor) -> None:
    with pytest.raises(ModelTimeout):
        bridge.wait_for(
            predictor.predict(DIGITS, SIGNATURE_PREDICT, images(1), CallContext(Deadline.after(0)))
        )


def test_a_version_published_meanwhile_takes_over(predictor: LocalPredictor, folder: Path) -> None:
    shutil.copytree(folder / "digits" / "1", folder / "digits" / ".new")
    (folder / "digits" / ".new").rename(folder / "digits" / "2")
    eventually(lambda: serves(predictor, 2))


def test_a_changed_file_of_models_is_followed_and_a_broken_one_is_not(
    predictor: LocalPredictor, folder: Path
) -> None:
    test_a_version_published_meanwhile_takes_over(predictor, folder)
    (folder / "models.config").write_text("no configuration {")
    time.sleep(1.5)
    assert serves(predictor, 2)
    (folder / "models.config").write_text(
        configuration(folder, "model_version_policy { specific { versions: 1 } }")
    )
    eventually(lambda: serves(predictor, 1))
