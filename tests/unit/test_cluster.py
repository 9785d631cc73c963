"""``python -m serving.cluster``, without a cluster: what it does when it cannot finish."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from serving.cluster import __main__ as command
from serving.cluster import models
from serving.cluster.kubectl import FILE, Kubectl
from serving.cluster.models import ClusterError
from serving.cluster.switching import switch

CONFIG = (
    'model_config_list { config { name: "digits" base_path: "/models/digits" model_platform: "tensorflow" '
    "model_version_policy { specific { versions: 1 } } } }"
)


class Cluster(Kubectl):
    """One replica, which serves at once what the file of models says."""

    def __init__(self, before_replace: Callable[[int], None]) -> None:
        super().__init__("mnist")
        self.text, self.replaced, self._before = CONFIG, 0, before_replace

    def config_map(self) -> dict[str, Any]:
        """The file."""
        return {"data": {FILE: self.text}, "metadata": {}}

    def replace(self, text: str, annotations: dict[str, str]) -> None:  # noqa: ARG002
        """Change it."""
        self.replaced += 1
        self._before(self.replaced)
        self.text = text

    def replicas(self) -> list[str]:
        """The replica."""
        return ["one"]

    def versions(self, pod: str, model: str) -> dict[int, tuple[str, str]]:  # noqa: ARG002
        """What it serves."""
        (entry,) = models.read(self.text).model_config_list.config
        return dict.fromkeys(models.named(entry), ("AVAILABLE", ""))


def promote(cluster: Cluster) -> None:
    switch(cluster, "digits", lambda entry, now: models.promote(entry, 2, now, canary=False), 1.0)


@pytest.mark.parametrize("step", [1, 2])
def test_ctrl_c_at_either_step_restores_the_file(step: int) -> None:
    def interrupt(number: int) -> None:
        if number == step:
            raise KeyboardInterrupt

    cluster = Cluster(interrupt)
    with pytest.raises(ClusterError, match="nothing is changed: interrupted"):
        promote(cluster)
    assert cluster.text == CONFIG


def test_a_file_that_cannot_be_restored_is_no_change_that_did_not_happen() -> None:
    def fail(number: int) -> None:
        if number > 1:
            raise ClusterError("the cluster did not answer within 30 s")

    with pytest.raises(ClusterError, match=r"could not be restored either.*then roll back") as caught:
        promote(Cluster(fail))
    assert "nothing is changed" not in str(caught.value)


def test_a_file_to_write_is_tried_before_the_cluster_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))  # no cluster of the developer's is asked
    assert command.main(["promote", "digits", "2", "--write", str(tmp_path / "nowhere" / "file")]) == 1
    assert "nothing is changed" in capsys.readouterr().err
    command.main(["promote", "digits", "2", "--write", str(tmp_path / "new")])
    assert list(tmp_path.iterdir()) == []
