"""Which version answers, and what a new configuration does."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from google.protobuf import text_format
from tensorflow_serving.apis import model_pb2
from tensorflow_serving.config import model_server_config_pb2

from serving.model_server.catalog import Catalog
from serving.model_server.loaded_version import Retries
from serving.model_server.status import Code, StatusError
from tests.waiting import eventually


class Loaded:
    """Stands for a servable in memory."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def close(self) -> None:
        """Nothing to free."""


def load(path: Path) -> Loaded:
    if (path / "broken").exists():
        raise StatusError(Code.DATA_LOSS, "it is broken")
    return Loaded(path)


@pytest.fixture
def base(tmp_path: Path) -> Path:
    for version in ("m/1", "m/2", "n/00000123", "broken/1/broken"):
        (tmp_path / version).mkdir(parents=True)
    return tmp_path


def make(*, labels_may_wait: bool = False) -> Catalog:
    return Catalog(load, Retries(0), labels_may_wait=labels_may_wait)  # type: ignore[arg-type]


def config(base: Path, *models: str) -> model_server_config_pb2.ModelServerConfig:
    """A configuration of models given as a name and further fields."""
    entries = []
    for model in models:
        name, _, fields = model.partition(" ")
        entries.append(
            f'config {{ name: "{name}" base_path: "{base}/{name}" model_platform: "tensorflow" {fields} }}'
        )
    text = "model_config_list { " + " ".join(entries) + " }"
    return text_format.Parse(text, model_server_config_pb2.ModelServerConfig())


def answering(catalog: Catalog, name: str, *, version: int = 0, label: str = "") -> int:
    spec = model_pb2.ModelSpec(name=name)
    if version:
        spec.version.value = version
    if label:
        spec.version_label = label
    with catalog.lease(spec) as found:
        return found.version


def available(catalog: Catalog, name: str) -> list[int]:
    model = catalog.model(name)
    return sorted(model.available()) if model else []


def test_the_newest_version_answers_unless_one_is_named(base: Path) -> None:
    catalog = make()
    catalog.apply(config(base, "m model_version_policy { all {} }", "n"))
    eventually(lambda: available(catalog, "m") == [1, 2])
    assert answering(catalog, "m") == 2
    assert answering(catalog, "m", version=1) == 1
    assert answering(catalog, "n") == 123


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("", [2]),
        ("latest { num_versions: 2 }", [1, 2]),
        ("all {}", [1, 2]),
        ("specific { versions: 1 }", [1]),
    ],
)
def test_the_policy_chooses_the_versions(base: Path, policy: str, expected: list[int]) -> None:
    catalog = make()
    catalog.apply(config(base, f"m model_version_policy {{ {policy} }}" if policy else "m"))
    eventually(lambda: available(catalog, "m") == expected)


@pytest.mark.parametrize(
    ("asked", "code", "message"),
    [
        ({"name": "nope"}, Code.NOT_FOUND, "Servable not found for request: Latest(nope)"),
        ({"name": "m", "version": 9}, Code.NOT_FOUND, "Servable not found for request: Specific(m, 9)"),
        ({"name": "m", "label": "x"}, Code.INVALID_ARGUMENT, "Unrecognized servable version label: x"),
    ],
)
def test_what_is_not_served_is_said_in_tensorflow_servings_words(
    base: Path, asked: dict[str, object], code: Code, message: str
) -> None:
    catalog = make()
    catalog.apply(config(base, "m"))
    with pytest.raises(StatusError) as caught:
        answering(catalog, **asked)  # type: ignore[arg-type]
    assert (caught.value.code, caught.value.message) == (code, message)


def test_a_label_moves_only_to_a_version_that_serves(base: Path) -> None:
    catalog = make()
    both = "model_version_policy { all {} }"
    catalog.apply(config(base, f"m {both}"))
    eventually(lambda: available(catalog, "m") == [1, 2])
    catalog.apply(config(base, f'm {both} version_labels {{ key: "stable" value: 1 }}'))
    assert answering(catalog, "m", label="stable") == 1
    with pytest.raises(StatusError, match="Request to assign label to version 9 of model m"):
        catalog.apply(config(base, f'm {both} version_labels {{ key: "stable" value: 9 }}'))
    assert answering(catalog, "m", label="stable") == 1


def test_a_new_label_may_wait_for_its_version_where_that_is_allowed(base: Path) -> None:
    with_label = config(base, 'm version_labels { key: "stable" value: 2 }')
    with pytest.raises(StatusError, match="not currently available"):
        make().apply(with_label)
    catalog = make(labels_may_wait=True)
    catalog.apply(with_label)
    assert answering(catalog, "m", label="stable") == 2


def test_a_model_left_out_ends_and_a_refused_configuration_changes_nothing(base: Path) -> None:
    catalog = make()
    catalog.apply(config(base, "m", "n"))
    with pytest.raises(StatusError, match="multiple times"):
        catalog.apply(config(base, "n", "n"))
    assert answering(catalog, "m") == 2
    catalog.apply(config(base, "n"))
    eventually(lambda: available(catalog, "m") == [])
    assert answering(catalog, "n") == 123


def test_a_first_model_that_cannot_be_loaded_fails_the_start(base: Path) -> None:
    with pytest.raises(StatusError) as caught:
        make().apply(config(base, "broken"))
    assert caught.value.message == (
        "1 servable(s) did not become available: "
        "{{{name: broken version: 1} due to error: DATA_LOSS: it is broken}, }"
    )


def test_a_slow_listing_by_an_old_configuration_changes_nothing_after_a_newer_one(base: Path) -> None:
    """Watching reads the disk slowly while versions are switched; what is wanted last is what serves."""
    (base / "m" / "3").mkdir()
    listing, go_on = threading.Event(), threading.Event()

    class SlowPath(type(base)):  # type: ignore[misc]
        """A folder whose first listing by the watching thread takes as long as the test wants."""

        def iterdir(self) -> Iterator[Path]:
            found = list(super().iterdir())
            if threading.current_thread().name == "watching" and not listing.is_set():
                listing.set()
                go_on.wait(10)
            return iter(found)

    seen: list[frozenset[int]] = []
    catalog = Catalog(load, Retries(0), poll_seconds=0.01)  # type: ignore[arg-type]
    catalog.apply(config(base, "m model_version_policy { specific { versions: 3 } }"))
    old = catalog._configs["m"]
    catalog._configs["m"] = replace(old, base_path=SlowPath(old.base_path))
    watching = threading.Thread(target=catalog.watch, name="watching", daemon=True)
    watching.start()
    assert listing.wait(10)
    applied = threading.Thread(
        target=catalog.apply, args=[config(base, "m model_version_policy { specific { versions: 2 } }")]
    )
    applied.start()
    applied.join(0.2)  # where the two do not wait for each other, the newer one is through by now
    go_on.set()
    applied.join(10)
    eventually(lambda: available(catalog, "m") == [2])
    for _ in range(50):
        seen.append(frozenset(available(catalog, "m")))
        time.sleep(0.01)
    catalog.close()
    assert set(seen) == {frozenset({2})}


def test_a_broken_newest_version_does_not_keep_the_one_before_from_serving_at_the_start(base: Path) -> None:
    (base / "m" / "3" / "broken").mkdir(parents=True)
    patient = Catalog(load, Retries(1, 60.0))  # type: ignore[arg-type]
    two = "model_version_policy { latest { num_versions: 2 } }"
    patient.apply(config(base, f"m {two}", "n"))
    assert answering(patient, "m") == 2
    assert answering(patient, "n") == 123


def test_the_start_waits_for_the_newest_version_though_an_older_one_is_ready(base: Path) -> None:
    def slow(path: Path) -> Loaded:
        time.sleep(0.3 if path.name == "2" else 0.0)
        return load(path)

    catalog = Catalog(slow, Retries(0))  # type: ignore[arg-type]
    catalog.apply(config(base, "m model_version_policy { latest { num_versions: 2 } }"))
    assert answering(catalog, "m") == 2


def test_a_configuration_that_comes_while_the_server_ends_loads_nothing_any_more(base: Path) -> None:
    catalog = make()
    catalog.apply(config(base, "m"))
    catalog.close()
    with pytest.raises(StatusError, match="is ending"):
        catalog.apply(config(base, "m"))
    assert available(catalog, "m") == []


def test_a_file_is_read_only_when_no_other_configuration_is_being_applied(base: Path) -> None:
    loading, go_on, read = threading.Event(), threading.Event(), threading.Event()

    def slow(path: Path) -> Loaded:
        loading.set()
        go_on.wait(10)
        return load(path)

    def file() -> model_server_config_pb2.ModelServerConfig:
        read.set()
        return config(base, "m")

    catalog = Catalog(slow, Retries(0))  # type: ignore[arg-type]
    told = threading.Thread(target=catalog.apply, args=[config(base, "m")])
    told.start()
    assert loading.wait(10)
    rereading = threading.Thread(target=catalog.apply_newest, args=[file])
    rereading.start()
    assert not read.wait(0.2)
    go_on.set()
    assert read.wait(10)
    told.join(10)
    rereading.join(10)
