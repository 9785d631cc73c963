"""Verification against a gateway in memory: what it compares, and its errors."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import numpy as np
import pytest

from serving.contract import Card, Thresholds
from serving.store.layout import card_path
from training.errors import ReplayFailed
from training.export import golden
from training.export.golden import Golden
from training.verification import Verification, verify

LABELS = ("a", "b", "c")
_IMAGES = np.random.default_rng(0).integers(0, 256, (4, 28, 28)).astype(np.uint8)
KNOWN = Golden(
    tuple(golden.to_png(image) for image in _IMAGES),
    _IMAGES,
    np.zeros(4, np.uint8),
    np.tile(np.array([0.5, 0.3, 0.2], np.float32), (4, 1)),
    np.zeros(4, np.float32),
)


@pytest.fixture
def version(tmp_path: Path) -> Path:
    folder = tmp_path / "letters" / "3"
    golden.write(KNOWN, folder)
    card = Card("letters", LABELS, "ink@2", Thresholds(uncertain_below=0.5), run_id="a-run")
    card_path(folder).write_text(card.to_json())
    return folder


def gateway(
    probabilities: list[float], change_input: bool = False, run_id: str = "a-run"
) -> Callable[[httpx.Request], httpx.Response]:
    """A model that answers every picture with the same probabilities and returns the picture."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/models/letters":
            served = [{"version": 3, "state": "AVAILABLE", "run_id": run_id}]
            return httpx.Response(200, json={"name": "letters", "versions": served})
        assert request.url.path == "/v1/models/letters/versions/3:classify"
        assert request.url.params["include"] == "probabilities,input"
        pictures = [image["b64"] for image in json.loads(request.content)["images"]]
        seen = [pictures[0]] * len(pictures) if change_input else pictures
        rows = [
            {"probabilities": dict(zip(LABELS, probabilities, strict=True)), "input": {"png_b64": picture}}
            for picture in seen
        ]
        return httpx.Response(200, json={"model": {"name": "letters", "version": 3}, "predictions": rows})

    return answer


def verified(
    version: Path, answer: Callable[[httpx.Request], httpx.Response], key: str | None = None
) -> Verification:
    client = httpx.Client(transport=httpx.MockTransport(answer))
    return verify(version, "http://gateway/", client=client, key=key)


def test_equal_answers_have_a_difference_of_zero(version: Path) -> None:
    found = verified(version, gateway([0.5, 0.3, 0.2]))
    assert found == Verification("letters", 3, 4, found.largest_difference, 0)
    assert found.largest_difference < 1e-7


def test_the_largest_difference_is_found(version: Path) -> None:
    assert verified(version, gateway([0.4, 0.3, 0.3])).largest_difference == pytest.approx(0.1)


def test_pictures_that_the_gateway_prepares_differently_are_counted(version: Path) -> None:
    assert verified(version, gateway([0.5, 0.3, 0.2], change_input=True)).changed_inputs == 3


def test_another_run_under_the_same_number_is_refused(version: Path) -> None:
    with pytest.raises(ReplayFailed, match="is from run another, the version to verify from run a-run"):
        verified(version, gateway([0.5, 0.3, 0.2], run_id="another"))


def test_a_version_that_is_not_served_is_refused_with_those_that_are(version: Path) -> None:
    other = version.rename(version.with_name("4"))
    with pytest.raises(ReplayFailed, match="has no version 4; it has 3"):
        verified(other, gateway([0.5, 0.3, 0.2]))


def test_a_refusal_is_passed_on_with_its_sentence(version: Path) -> None:
    with pytest.raises(ReplayFailed, match="answered 404: no such version"):
        verified(version, lambda _: httpx.Response(404, json={"detail": "no such version"}))


def test_an_unreachable_service_is_named(version: Path) -> None:
    def away(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("connection refused", request=request)

    with pytest.raises(ReplayFailed, match=r"http://gateway/v1/models/letters.* connection refused"):
        verified(version, away)


def test_a_key_is_sent(version: Path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["Authorization"] == "Bearer secret"
        return gateway([0.5, 0.3, 0.2])(request)

    assert verified(version, answer, key="secret").images == 4


@pytest.mark.parametrize(
    "body", [[], "x", {"versions": [1]}, {"versions": 3}, {"versions": [{"version": 3, "run_id": "a-run"}]}]
)
def test_another_service_is_named(version: Path, body: object) -> None:
    with pytest.raises(
        ReplayFailed, match=r"http://gateway/ does not answer as|did not answer all 4 pictures"
    ):
        verified(version, lambda _: httpx.Response(200, json=body))


def test_a_folder_without_a_versions_number_is_refused(version: Path) -> None:
    with pytest.raises(ReplayFailed, match="its name is not a version's number"):
        verified(version.rename(version.with_name("copy")), gateway([0.5, 0.3, 0.2]))
