"""A real Prometheus scrapes a real gateway and model server: rules work, every panel shows something."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from serving.stack.processes import free_port
from tests.manifests.render import ROOT, read_yaml
from tests.stack import Stack, running_stack
from tests.waiting import eventually

pytestmark = pytest.mark.xdist_group("prometheus")

SEVEN = (ROOT / "docs/examples/seven.png").read_bytes()
BOUNDARY = "boundary"


class Prometheus:
    """A running Prometheus with the alert rules of this repository."""

    def __init__(self, stack: Stack, folder: Path) -> None:
        self.port = free_port()
        config = read_yaml(ROOT / "monitoring/prometheus.yaml")
        config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
        config["rule_files"] = [str(ROOT / "monitoring/alerts.yaml")]
        targets = {"gateway": f"127.0.0.1:{stack.gateway_port}", "tensorflow-serving": stack.rest_address}
        for scrape in config["scrape_configs"]:
            scrape["static_configs"] = [{"targets": [targets[scrape["job_name"]]]}]
        (folder / "prometheus.yaml").write_text(yaml.safe_dump(config))
        self.process = subprocess.Popen(
            [
                "prometheus",
                f"--config.file={folder / 'prometheus.yaml'}",
                f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{self.port}",
                "--log.level=error",
            ]
        )

    def wait_until_ready(self, seconds: float = 60.0) -> None:
        """Return once it answers; fail the test when it does not in time."""
        end = time.monotonic() + seconds
        while True:
            try:
                self.ask("status/runtimeinfo")
            except OSError:
                assert self.process.poll() is None, "prometheus ended"
                assert time.monotonic() < end, f"prometheus does not answer after {seconds} s"
                time.sleep(0.1)
            else:
                return

    def ask(self, path: str, **parameters: str) -> Any:  # noqa: ANN401 - any JSON value
        """The data of an answer of its API."""
        url = f"http://127.0.0.1:{self.port}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        with urllib.request.urlopen(url, timeout=10) as reply:
            return json.load(reply)["data"]

    def query(self, expression: str) -> list[Any]:
        """The series that a query gives now."""
        found: list[Any] = self.ask("query", query=expression)["result"]
        return found

    def up(self) -> dict[str, str]:
        """Whether each job's target answered the last scrape: "1", or "0"."""
        return {each["metric"]["job"]: each["value"][1] for each in self.query("up")}

    def rules(self) -> list[Any]:
        """All rules with the health of their last evaluation."""
        return [rule for group in self.ask("rules")["groups"] for rule in group["rules"]]


@pytest.fixture(scope="module")
def observed(
    models_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Stack, Prometheus]]:
    with running_stack(models_dir, tmp_path_factory.mktemp("observed")) as stack:
        prometheus = Prometheus(stack, tmp_path_factory.mktemp("prometheus"))
        try:
            prometheus.wait_until_ready()
            yield stack, prometheus
        finally:
            prometheus.process.kill()
            prometheus.process.wait()


def post(stack: Stack, *pictures: bytes) -> int:
    """The status of a request with pictures."""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="image"; filename="'
    parts = b"".join(
        f'{head}{number}.png"\r\n\r\n'.encode() + picture + b"\r\n" for number, picture in enumerate(pictures)
    )
    request = urllib.request.Request(
        f"{stack.url}/v1/models/digits:classify",
        parts + f"--{BOUNDARY}--\r\n".encode(),
        {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as reply:
            return int(reply.status)
    except urllib.error.HTTPError as error:
        return error.code


def queries() -> dict[str, str]:
    """Every query of the dashboard, by its panel, with Grafana's variables filled in."""
    panels = json.loads((ROOT / "monitoring/dashboards/mnist.json").read_text())["panels"]
    return {
        f"{panel['title']}: {target['expr']}": target["expr"]
        .replace("$__rate_interval", "30s")
        .replace("$model", ".*")
        for panel in panels
        for target in panel.get("targets", [])
    }


def test_every_panel_shows_something_under_load(observed: tuple[Stack, Prometheus]) -> None:
    stack, prometheus = observed
    missing = queries()
    end = time.monotonic() + 90
    while missing and time.monotonic() < end:
        assert post(stack, SEVEN) == 200
        assert post(stack, SEVEN, b"no picture", noise()) == 200
        try:
            missing = {name: query for name, query in missing.items() if not prometheus.query(query)}
        except urllib.error.URLError:
            assert prometheus.process.poll() is None, "prometheus ended"
        time.sleep(0.2)
    assert not list(missing)


def test_all_targets_are_up_and_all_rules_can_be_evaluated(observed: tuple[Stack, Prometheus]) -> None:
    _, prometheus = observed
    eventually(lambda: prometheus.up() == {"gateway": "1", "tensorflow-serving": "1"}, "all targets are up")
    assert len(prometheus.rules()) > 30
    eventually(lambda: {rule["health"] for rule in prometheus.rules()} == {"ok"}, "all rules are evaluated")
    assert not [alert for alert in prometheus.ask("alerts")["alerts"] if alert["state"] == "firing"]


def noise() -> bytes:
    """A picture that is no digit: a white square within a black one, as a plain PNM."""
    side = 28
    rows = (
        b"\xff" * 4 + b"\x00" * (side - 8) + b"\xff" * 4 if 4 <= row < 24 else b"\xff" * side
        for row in range(side)
    )
    return b"P5 28 28 255\n" + b"".join(rows)
