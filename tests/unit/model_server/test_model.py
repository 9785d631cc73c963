"""The life of versions: takeovers, failures, requests that hold a version."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from serving.model_server.loaded_version import Retries, VersionState
from serving.model_server.model import Model
from serving.model_server.status import Code, StatusError
from tests.waiting import eventually


class Loaded:
    """Stands for a servable in memory."""

    def __init__(self) -> None:
        self.closed = False

    def close(self) -> None:
        self.closed = True


class Loader:
    """Loads at once, unless told to fail or to wait."""

    def __init__(self) -> None:
        self.failing: set[str] = set()
        self.attempts: list[str] = []
        self.gate = threading.Event()
        self.gate.set()
        self.loaded: dict[str, Loaded] = {}

    def __call__(self, path: Path) -> Loaded:
        self.attempts.append(path.name)
        assert self.gate.wait(10)
        if path.name in self.failing:
            raise StatusError(Code.DATA_LOSS, f"{path.name} is broken")
        self.loaded[path.name] = Loaded()
        return self.loaded[path.name]


@pytest.fixture
def loader() -> Loader:
    return Loader()


@pytest.fixture
def model(loader: Loader) -> Model:
    return Model("m", loader, Retries(0))  # type: ignore[arg-type]


def want(model: Model, *numbers: int) -> None:
    model.want({number: Path(str(number)) for number in numbers})


def states(model: Model) -> dict[int, str]:
    return {number: state.name for number, state, _ in model.statuses()}


def test_a_newer_version_takes_over_and_the_older_one_ends(model: Model, loader: Loader) -> None:
    want(model, 1)
    eventually(lambda: states(model) == {1: "AVAILABLE"})
    want(model, 2)
    eventually(lambda: states(model) == {2: "AVAILABLE", 1: "END"})
    assert loader.loaded["1"].closed
    with model.lease(None) as version:
        assert version is not None
        assert version.number == 2


def test_the_older_version_serves_while_the_newer_one_loads(model: Model, loader: Loader) -> None:
    want(model, 1)
    eventually(lambda: states(model) == {1: "AVAILABLE"})
    loader.gate.clear()
    want(model, 2)
    eventually(lambda: loader.attempts == ["1", "2"])
    assert states(model) == {2: "LOADING", 1: "AVAILABLE"}
    loader.gate.set()
    eventually(lambda: states(model) == {2: "AVAILABLE", 1: "END"})


def test_a_broken_version_disturbs_nobody_and_says_why(model: Model, loader: Loader) -> None:
    want(model, 1)
    eventually(lambda: states(model) == {1: "AVAILABLE"})
    loader.failing.add("2")
    want(model, 2)
    eventually(lambda: states(model) == {2: "END", 1: "AVAILABLE"})
    error = model.statuses()[0][2]
    assert str(error) == "DATA_LOSS: 2 is broken"
    want(model, 2)
    want(model, 3)
    eventually(lambda: states(model) == {3: "AVAILABLE", 2: "END", 1: "END"})
    assert loader.attempts == ["1", "2", "3"]


def test_a_request_keeps_its_version_until_it_has_ended(model: Model, loader: Loader) -> None:
    want(model, 1, 2)
    eventually(lambda: states(model) == {2: "AVAILABLE", 1: "AVAILABLE"})
    with model.lease(1):
        want(model, 2)
        eventually(lambda: states(model)[1] == "UNLOADING")
        assert not loader.loaded["1"].closed
        with model.lease(1) as late:
            assert late is None
    eventually(lambda: states(model) == {2: "AVAILABLE", 1: "END"})
    assert loader.loaded["1"].closed


def test_a_running_request_holds_up_the_newer_version_but_later_ones_do_not(model: Model) -> None:
    want(model, 1)
    eventually(lambda: states(model) == {1: "AVAILABLE"})
    with model.lease(None):
        want(model, 2)
        time.sleep(0.05)
        assert states(model) == {2: "LOADING", 1: "AVAILABLE"}
        later = model.lease(None)
        later.__enter__()
    eventually(lambda: states(model) == {2: "AVAILABLE", 1: "UNLOADING"})
    later.__exit__(None, None, None)
    eventually(lambda: states(model) == {2: "AVAILABLE", 1: "END"})


def test_a_version_comes_back_when_it_is_wanted_again(model: Model) -> None:
    want(model, 5)
    eventually(lambda: states(model) == {5: "AVAILABLE"})
    want(model, 7)
    eventually(lambda: states(model) == {7: "AVAILABLE", 5: "END"})
    want(model, 5)
    eventually(lambda: states(model) == {7: "END", 5: "AVAILABLE"})


def test_a_failed_load_is_tried_again_as_often_as_told(loader: Loader) -> None:
    model = Model("m", loader, Retries(2, 0.0))  # type: ignore[arg-type]
    loader.failing.add("1")
    want(model, 1)
    eventually(lambda: states(model) == {1: "END"})
    assert loader.attempts == ["1", "1", "1"]


def test_a_version_that_is_wanted_no_more_is_not_retried(loader: Loader) -> None:
    model = Model("m", loader, Retries(5, 3600))  # type: ignore[arg-type]
    loader.failing.add("1")
    want(model, 1)
    eventually(lambda: loader.attempts == ["1"])
    want(model, 2)
    eventually(lambda: states(model) == {2: "AVAILABLE", 1: "END"})
    assert loader.attempts.count("1") == 1


def test_closing_unloads_everything(model: Model, loader: Loader) -> None:
    want(model, 1, 2)
    eventually(lambda: states(model) == {2: "AVAILABLE", 1: "AVAILABLE"})
    model.close()
    assert all(loaded.closed for loaded in loader.loaded.values())
    assert {state for _, state, _ in model.statuses()} == {VersionState.END}


def test_waiting_ends_with_the_failures_when_nothing_can_be_loaded(model: Model, loader: Loader) -> None:
    loader.failing.update("12")
    want(model, 1, 2)
    assert [version.number for version in model.wait_until_settled()] == [1, 2]
