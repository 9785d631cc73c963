"""The scripts that copy and prune models, run with a real rclone on folders."""

from __future__ import annotations

import os
import re
import subprocess
import time
from pathlib import Path

import pytest

from tests.manifests.render import ROOT

COMPONENTS = ROOT / "k8s/components"
CONFIG = """
model_config_list {
  config { name: "mnist" base_path: "/models/mnist" model_platform: "tensorflow" # version: 9
    model_version_policy { specific { versions: 2 versions: 5 } }
    version_labels { key: "stable" value: 2 } version_labels { key: "canary" value: 5 } }
  config {
    name: "fashion_mnist"
    base_path: "/models/fashion_mnist"
  }
}
"""


class Folders:
    """A models folder, an object store that is a folder too, and the scripts on them."""

    def __init__(self, base: Path, config: str = CONFIG) -> None:
        self.models, self.store, self.runs, self.work = (
            base / name for name in ("models", "store", "runs", "work")
        )
        for folder in (self.models, self.store, self.runs, self.work):
            folder.mkdir()
        self.config = base / "models.config"
        self.config.write_text(config)

    def run(self, script: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a script of a component, such as ``prune/prune.sh``."""
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.work),
            "MODELS": str(self.models),
            "RUNS": str(self.runs),
            "MODELS_REMOTE": str(self.store),
            "BACKUP_REMOTE": str(self.store),
            "MODELS_CONFIG": str(self.config),
            "WORK": str(self.work),
            "ONCE": "yes",
        }
        done = subprocess.run(
            ["sh", str(COMPONENTS / script), *arguments],
            env=environ | variables,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode in (0, 1, 2), done.stderr
        return done


def publish(folder: Path, model: str, *versions: int) -> None:
    """Versions with content of their own."""
    for version in versions:
        variables = folder / model / str(version) / "variables"
        variables.mkdir(parents=True)
        (variables / "variables.index").write_text(f"{model} {version}")
        (variables.parent / "saved_model.pb").write_text(f"{model} {version}")


def versions(folder: Path) -> set[str]:
    """The complete versions of a folder."""
    return {str(path.parent.relative_to(folder)) for path in folder.glob("*/*/saved_model.pb")}


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(tmp_path)


def test_what_should_serve_is_fetched_first_and_little_else(folders: Folders) -> None:
    publish(folders.store, "mnist", *range(1, 12))
    publish(folders.store, "fashion_mnist", *range(1, 12))
    done = folders.run("object-store/pull.sh", MODELS_KEEP="2")
    fetched = re.findall(r"fetched (\S+)", done.stdout)
    assert fetched[:2] == ["mnist/2", "fashion_mnist/11"], (
        "named versions, and the newest of the others, come first"
    )
    assert set(fetched) == {
        "mnist/2",
        "mnist/5",
        "mnist/11",
        "mnist/10",
        "fashion_mnist/11",
        "fashion_mnist/10",
    }
    ready = (folders.work / "synchronised").stat().st_mtime_ns
    later = [version for version in fetched if (folders.models / version).stat().st_ctime_ns > ready]
    assert later == fetched[2:], "the server starts before the rest is here"
    assert versions(folders.models) == set(fetched)


def test_the_model_server_waits_while_a_model_has_no_version(folders: Folders) -> None:
    publish(folders.store, "mnist", 2)
    folders.run("object-store/pull.sh")
    assert not (folders.work / "synchronised").exists()
    publish(folders.store, "fashion_mnist", 1)
    folders.run("object-store/pull.sh")
    assert (folders.work / "synchronised").exists()


def test_half_a_version_is_not_fetched_and_what_is_gone_goes(folders: Folders) -> None:
    publish(folders.store, "mnist", 1, 2)
    folders.run("object-store/pull.sh")
    (folders.store / "mnist/3/variables").mkdir(parents=True)
    (folders.store / "mnist/1/saved_model.pb").unlink()
    folders.run("object-store/pull.sh")
    assert versions(folders.models) == {"mnist/2"}


def test_a_store_that_cannot_be_read_or_is_empty_removes_nothing(folders: Folders, tmp_path: Path) -> None:
    publish(folders.models, "mnist", 2)
    assert (
        "cannot be read"
        in folders.run("object-store/pull.sh", MODELS_REMOTE=str(tmp_path / "nowhere")).stderr
    )
    folders.run("object-store/pull.sh")
    assert versions(folders.models) == {"mnist/2"}


def test_every_version_is_pushed_once(folders: Folders) -> None:
    publish(folders.models, "mnist", 1, 2)
    (folders.models / "mnist/versions.jsonl").write_text('{"run_id": "a", "version": 9}\n')
    assert folders.run("object-store/push.sh").stdout.splitlines() == [
        "published mnist/1",
        "published mnist/2",
    ]
    assert (folders.store / "mnist/versions.jsonl").read_text() == '{"run_id": "a", "version": 9}\n'
    publish(folders.models, "mnist", 3)
    assert folders.run("object-store/push.sh").stdout == "published mnist/3\n"
    assert versions(folders.store) == {"mnist/1", "mnist/2", "mnist/3"}


def test_what_was_deleted_from_the_store_stays_deleted(folders: Folders) -> None:
    publish(folders.models, "mnist", 1, 2)
    folders.run("object-store/push.sh")
    (folders.store / "mnist/1/saved_model.pb").unlink()
    (folders.store / "mnist/1/variables/variables.index").unlink()
    assert folders.run("object-store/push.sh").stdout == ""
    assert versions(folders.store) == {"mnist/2"}


def test_a_copy_that_was_cut_short_is_completed(folders: Folders) -> None:
    publish(folders.models, "mnist", 1)
    (folders.store / "mnist/1/variables").mkdir(parents=True)
    (folders.store / "mnist/1/variables/variables.index").write_text("mnist")
    assert folders.run("object-store/push.sh").stdout == "published mnist/1\n"
    assert (folders.store / "mnist/1/variables/variables.index").read_text() == "mnist 1"


def test_pruning_keeps_the_newest_and_whatever_is_named(folders: Folders) -> None:
    publish(folders.models, "mnist", *range(1, 13))
    publish(folders.models, "fashion_mnist", 1, 2)
    would = folders.run("prune/prune.sh", VERSIONS_KEEP="3", DRY_RUN="true").stdout
    assert would.count("would remove") == 7
    assert len(versions(folders.models)) == 14
    folders.run("prune/prune.sh", VERSIONS_KEEP="3")
    kept = {"mnist/12", "mnist/11", "mnist/10", "mnist/5", "mnist/2"}
    assert versions(folders.models) == kept | {"fashion_mnist/1", "fashion_mnist/2"}


@pytest.mark.parametrize(
    "config",
    [
        'model_config_list{config{name:"mnist" model_version_policy{specific{versions:2 versions:5}}}}',
        "model_config_list { config { name: 'mnist'\n"
        "  model_version_policy { specific { versions: [2, 5] } } } }",
        'model_config_list: < config: < name : "mnist" model_version_policy < specific < versions : 2 > > '
        'version_labels < key:"stable";value:5 > > >',
    ],
)
def test_what_the_configuration_names_is_kept_however_it_is_written(tmp_path: Path, config: str) -> None:
    folders = Folders(tmp_path, config)
    publish(folders.models, "mnist", *range(1, 9))
    publish(folders.store, "mnist", *range(1, 9))
    folders.run("prune/prune.sh", VERSIONS_KEEP="1")
    assert versions(folders.models) == {"mnist/2", "mnist/5", "mnist/8"}
    folders.run("object-store/pull.sh", MODELS_KEEP="1")
    assert versions(folders.models) == {"mnist/2", "mnist/5", "mnist/8"}


@pytest.mark.parametrize("keep", ["0", "-3", "ten"])
def test_the_newest_version_is_never_pruned(folders: Folders, keep: str) -> None:
    publish(folders.models, "fashion_mnist", 1, 2)
    assert folders.run("prune/prune.sh", VERSIONS_KEEP=keep).returncode != 0
    assert versions(folders.models) == {"fashion_mnist/1", "fashion_mnist/2"}


def test_what_is_pruned_goes_from_the_store_and_a_lost_volume_empties_nothing(folders: Folders) -> None:
    publish(folders.models, "mnist", *range(1, 6))
    folders.run("object-store/push.sh")
    folders.run("prune/prune.sh", VERSIONS_KEEP="1")
    folders.run("object-store/push.sh")
    assert versions(folders.store) == {"mnist/2", "mnist/5"}
    # A new, empty volume: no list of what was pruned, and nothing is concluded from what is not there.
    subprocess.run(["rm", "-r", str(folders.models)], check=True)
    folders.models.mkdir()
    folders.run("object-store/push.sh")
    assert versions(folders.store) == {"mnist/2", "mnist/5"}


def test_without_the_configuration_nothing_is_pruned(folders: Folders) -> None:
    publish(folders.models, "mnist", 1, 2)
    folders.config.unlink()
    done = folders.run("prune/prune.sh", VERSIONS_KEEP="1")
    assert done.returncode == 1
    assert "nothing removed" in done.stderr
    assert versions(folders.models) == {"mnist/1", "mnist/2"}


def test_old_runs_go_and_data_sets_stay(folders: Folders) -> None:
    old = time.time() - 100 * 86400
    for name, age in (("retrain-1", old), ("retrain-2", time.time()), ("cache", old)):
        (folders.runs / name).mkdir()
        (folders.runs / name / "report.html").write_text("x")
        os.utime(folders.runs / name / "report.html", (age, age))
        os.utime(folders.runs / name, (age, age))
    folders.run("prune/prune.sh")
    assert sorted(path.name for path in folders.runs.iterdir()) == ["cache", "retrain-2"]


def test_a_backup_brings_back_what_was_lost(folders: Folders) -> None:
    publish(folders.models, "mnist", 1, 2)
    (folders.models / "mnist/versions.jsonl").write_text("{}\n")
    assert folders.run("backup/backup.sh").returncode == 0
    subprocess.run(["rm", "-r", str(folders.models / "mnist")], check=True)
    publish(folders.models, "mnist", 3)
    assert folders.run("backup/backup.sh", "restore").returncode == 0
    assert versions(folders.models) == {"mnist/1", "mnist/2", "mnist/3"}
    assert (folders.models / "mnist/2/variables/variables.index").read_text() == "mnist 2"
    assert (folders.models / "mnist/versions.jsonl").read_text() == "{}\n"


def test_a_ledger_that_grew_is_backed_up_again(folders: Folders) -> None:
    ledger = folders.models / "mnist/versions.jsonl"
    for number in (1, 2):
        publish(folders.models, "mnist", number)
        with ledger.open("a") as file:
            file.write(f'{{"version": {number}}}\n')
        assert folders.run("backup/backup.sh").returncode == 0
    assert (folders.store / "mnist/versions.jsonl").read_text() == ledger.read_text()


@pytest.mark.parametrize("direction", ["backup", "restore"])
def test_no_number_is_lost_when_a_new_volume_meets_the_backup_of_the_old(
    folders: Folders, direction: str
) -> None:
    for folder, numbers in ((folders.store, (1, 2)), (folders.models, (3,))):
        publish(folder, "mnist", *numbers)
        (folder / "mnist/versions.jsonl").write_text("".join(f'{{"version": {n}}}\n' for n in numbers))
    assert folders.run("backup/backup.sh", direction).returncode == 0
    written = {"backup": folders.store, "restore": folders.models}[direction] / "mnist/versions.jsonl"
    assert sorted(written.read_text().splitlines()) == [f'{{"version": {n}}}' for n in (1, 2, 3)]


def test_what_is_no_version_yet_or_any_more_is_not_backed_up(folders: Folders) -> None:
    publish(folders.models, "mnist", 1)
    for hidden in (".staging-x", ".removed-2", ".changed-3"):
        (folders.models / "mnist" / hidden).mkdir()
        (folders.models / "mnist" / hidden / "saved_model.pb").write_text("half")
    (folders.models / ".pushed").write_text("mnist/1\n")
    folders.run("backup/backup.sh")
    assert versions(folders.store) == {"mnist/1"}
    assert not (folders.store / ".pushed").exists()


def test_a_version_that_differs_from_its_backup_is_an_error_and_neither_is_changed(folders: Folders) -> None:
    publish(folders.models, "mnist", 1)
    folders.run("backup/backup.sh")
    (folders.models / "mnist/1/variables/variables.index").write_text("something else")
    publish(folders.models, "mnist", 2)
    assert folders.run("backup/backup.sh").returncode == 1
    assert versions(folders.store) == {"mnist/1", "mnist/2"}, "the others are copied all the same"
    assert (folders.store / "mnist/1/variables/variables.index").read_text() == "mnist 1"


def test_a_number_that_stands_for_another_run_is_refused(folders: Folders) -> None:
    publish(folders.models, "mnist", 1, 2)
    (folders.models / "mnist/1/assets.extra").mkdir()
    (folders.models / "mnist/1/assets.extra/card.json").write_text('{"run_id": "here"}')
    (folders.store / "mnist").mkdir()
    (folders.store / "mnist/versions.jsonl").write_text('{"run_id": "there", "version": 1}\n')
    done = folders.run("object-store/push.sh")
    assert done.returncode == 1
    assert "mnist/1 is of run here here and of run there in the store" in done.stderr
    assert versions(folders.store) == {"mnist/2"}, "the others are published all the same"
