"""Change under load: no request fails, and no answer mixes what belongs to two versions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults import changing
from tests.faults.calls import PATH, load
from tests.faults.changing import CANARY, STABLE, Balancer, another_gateway, labelled
from tests.faults.recovery import publish
from tests.stack import Stack

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("changes")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("changes")


@pytest.fixture(scope="module")
def stack(folder: Path) -> Iterator[Stack]:
    with labelled(folder) as running:
        yield running


def test_no_request_fails_when_a_version_is_promoted_and_rolled_back(stack: Stack) -> None:
    with load(stack.gateway_port, callers=4, paths=(PATH, STABLE), pause=0.002) as running:
        changing.switch_back_and_forth(stack, 2)
    assert running.failed() == []
    assert running.versions() == {1, 2}


def test_no_request_fails_when_the_configuration_is_read_again(stack: Stack) -> None:
    with load(stack.gateway_port, callers=4, paths=(PATH, STABLE), pause=0.002) as running:
        changing.reload_configuration(stack)
    assert running.failed() == []
    assert running.versions() == {1, 2}
    assert CANARY not in (PATH, STABLE)


def test_a_new_version_takes_over_under_load(folder: Path, stack: Stack) -> None:
    with load(stack.gateway_port, callers=4, paths=(PATH, STABLE), pause=0.002) as running:
        publish(folder / "templates", stack.models_dir, 3)
        changing.versions(stack.models_dir, "promote", "known", "3", "--server", stack.grpc_address)
        changing.wait_for_version(stack, 3, PATH, STABLE)
    assert running.failed() == []
    assert 3 in running.versions()


def test_no_request_fails_when_gateways_restart_one_after_the_other(stack: Stack, tmp_path: Path) -> None:
    environ = {"GATEWAY_DRAIN_SECONDS": "1", "GATEWAY_WORKERS": "1"}
    with (
        another_gateway(stack, tmp_path / "one", environ) as one,
        another_gateway(stack, tmp_path / "two", environ) as two,
        Balancer([one, two]) as balancer,
        load(balancer.choose, callers=4, pause=0.002) as running,
    ):
        for gateway in (one, two):
            changing.restart(gateway)
    assert running.failed() == []
    assert len(running.answers) > 100


def test_no_request_fails_when_keys_are_rotated(stack: Stack, tmp_path: Path) -> None:
    file = tmp_path / "keys"
    old = changing.create_key(file, "old")
    environ = {"GATEWAY_API_KEYS_FILE": str(file)}
    headers = {"X-API-Key": old}
    with (
        another_gateway(stack, tmp_path / "keyed", environ) as gateway,
        load(gateway.gateway_port, callers=2, pause=0.005, headers=headers) as running,
    ):
        headers["X-API-Key"] = new = _in_force(gateway, file)
        changing.revoke_key(file, "old")
        changing.wait_for_status(gateway, old, lambda status: status == 403)
        changing.wait_for_status(gateway, new, lambda status: status == 200)
    assert running.failed() == []


def _in_force(gateway: Stack, file: Path) -> str:
    new = changing.create_key(file, "new")
    changing.wait_for_status(gateway, new, lambda status: status == 200)
    return new
