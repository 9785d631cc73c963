"""The configuration of the model server: always complete, one truth about what is published."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from serving.store import configuration
from serving.store.configuration import CONFIG_FILE, entry_of, loaded, names, stable
from serving.store.errors import StoreError


@pytest.fixture
def models(tmp_path: Path) -> Path:
    for version in ("mnist/1", "mnist/2", "mnist/3", "digits/1", "mnist/.publishing"):
        (tmp_path / version).mkdir(parents=True)
    return tmp_path


def read(models: Path) -> configuration.Config:
    return configuration.read(models / CONFIG_FILE, models)


def test_a_model_that_nobody_configured_serves_its_newest_version_with_the_one_before_loaded(
    models: Path,
) -> None:
    entry = entry_of(read(models), "mnist")
    assert loaded(entry) == {2, 3}
    assert stable(entry) == 3


def test_a_model_published_under_a_new_name_is_in_the_configuration_that_is_kept(models: Path) -> None:
    configuration.write(read(models), models / CONFIG_FILE)
    (models / "new" / "1").mkdir(parents=True)
    assert names(read(models)) == ["digits", "mnist", "new"]


def test_a_model_whose_last_version_is_gone_is_dropped(models: Path) -> None:
    configuration.write(read(models), models / CONFIG_FILE)
    (models / "digits" / "1").rmdir()
    assert names(read(models)) == ["mnist"]


def test_a_model_that_lies_elsewhere_stays_in_the_configuration(models: Path) -> None:
    config = read(models)
    config.model_config_list.config.add(name="far", base_path="/elsewhere/far", model_platform="tensorflow")
    configuration.write(config, models / CONFIG_FILE)
    assert names(read(models)) == ["digits", "mnist", "far"]


def test_a_copied_or_moved_folder_has_its_own_versions(
    models: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    configuration.write(read(models), models / CONFIG_FILE)
    copied = tmp_path_factory.mktemp("copies") / "models"
    shutil.copytree(models, copied)
    assert {Path(entry.base_path).parent for entry in read(copied).model_config_list.config} == {copied}
    moved = models.rename(models.with_name(f"{models.name}-moved"))
    assert {Path(entry.base_path).parent for entry in read(moved).model_config_list.config} == {moved}


def test_another_file_may_name_other_paths_of_the_same_models(
    models: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    config = read(models)
    entry_of(config, "mnist").base_path = "/models/mnist"
    file = tmp_path_factory.mktemp("elsewhere") / CONFIG_FILE
    configuration.write(config, file)
    assert entry_of(configuration.read(file, models), "mnist").base_path == "/models/mnist"


def test_the_label_says_which_version_is_stable(models: Path) -> None:
    entry = entry_of(read(models), "mnist")
    entry.version_labels["stable"] = 1
    assert stable(entry) == 1


def test_a_file_that_is_no_configuration_is_named(models: Path) -> None:
    (models / CONFIG_FILE).write_text("model_config_list {")
    with pytest.raises(StoreError, match="is not a model configuration"):
        read(models)


def test_a_folder_that_cannot_be_written_is_named(models: Path) -> None:
    with pytest.raises(StoreError, match=r"/proc/models\.config cannot be written"):
        configuration.write(read(models), Path("/proc/models.config"))
