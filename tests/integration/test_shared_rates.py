"""Rate limits counted in a real Redis: shared while it answers, kept by each worker while it does not."""

from __future__ import annotations

import os
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from serving.gateway.app import create_app
from serving.gateway.settings.settings import Settings
from serving.stack.commands import gateway_command
from serving.stack.processes import Child, free_port
from tests.integration.redis_server import RedisServer, redis_server
from tests.unit.gateway.fakes import FakePredictor

LIMIT = 3


@pytest.fixture
def store() -> Iterator[RedisServer]:
    with redis_server() as server:
        yield server


def app(store: RedisServer) -> FlaskClient:
    """A gateway of its own, as another worker or another replica is."""
    settings = Settings(models=("digits",), rate_limit=f"{LIMIT}/hour", rate_limit_storage=store.url)
    return create_app(settings, FakePredictor()).test_client()


def ask(*apps: FlaskClient) -> list[int]:
    """The status of a request to each app in turn."""
    return [each.get("/v1/models").status_code for each in apps]


def ask_until_counted_in(store: RedisServer, client: FlaskClient) -> None:
    """Send requests until the store holds their count."""
    end = time.monotonic() + 60
    while not store.command("KEYS", "*"):
        assert time.monotonic() < end, "the store is not used again"
        ask(client)
        time.sleep(0.1)


def test_two_gateways_count_together(store: RedisServer) -> None:
    one, two = app(store), app(store)
    assert ask(one, two, one, two, one) == [200, 200, 200, 429, 429]


def test_a_refusal_names_the_time_to_wait(store: RedisServer) -> None:
    one = app(store)
    ask(*[one] * LIMIT)
    refused = one.get("/v1/models")
    assert (refused.status_code, refused.get_json()["code"]) == (429, "rate_limited")
    assert 1 <= int(refused.headers["Retry-After"]) <= 3601


def test_a_store_that_is_away_at_the_start_costs_precision_not_service() -> None:
    away = RedisServer()
    one, two = app(away), app(away)
    assert ask(*[one] * LIMIT, one) == [200] * LIMIT + [429]
    assert ask(two) == [200]


def test_a_store_that_comes_later_is_used() -> None:
    late = RedisServer()
    one = app(late)
    assert ask(one) == [200]
    late.start()
    try:
        ask_until_counted_in(late, one)
    finally:
        late.stop()


def test_a_store_that_dies_leaves_each_gateway_to_count_for_itself(store: RedisServer) -> None:
    one, two = app(store), app(store)
    assert ask(one, two) == [200, 200]
    store.stop()
    assert ask(*[one] * LIMIT, one) == [200] * LIMIT + [429]
    assert ask(two) == [200]


@pytest.mark.timeout(60)
def test_a_store_that_hangs_does_not_hang_requests(store: RedisServer) -> None:
    one = app(store)
    ask(one)
    store.pause()
    assert ask(*[one] * LIMIT, one) == [200] * LIMIT + [429]


def test_a_store_that_comes_back_counts_for_all_again(store: RedisServer) -> None:
    one, two = app(store), app(store)
    ask(one, two)
    store.stop()
    ask(one, two)
    store.start()
    ask_until_counted_in(store, one)
    ask(*[one] * LIMIT)  # the store's count is at the limit now, whatever was counted elsewhere
    end = time.monotonic() + 60
    while ask(two) != [429]:
        assert time.monotonic() < end, "the second gateway does not use the store again"
        time.sleep(0.1)


def test_a_connection_that_was_closed_meanwhile_is_opened_again(store: RedisServer) -> None:
    one = app(store)
    ask(one, one)
    store.command("CLIENT", "KILL", "TYPE", "normal")
    ask(one)
    assert ask(app(store)) == [429]


@pytest.mark.parametrize(
    "refusal",
    [("maxmemory", "1"), ("requirepass", "secret"), ("min-replicas-to-write", "1")],
    ids=["full", "locked", "read only"],
)
def test_a_store_that_refuses_costs_precision_not_service(
    store: RedisServer, refusal: tuple[str, str]
) -> None:
    store.command("CONFIG", "SET", *refusal)
    one, two = app(store), app(store)
    assert ask(*[one] * LIMIT, one) == [200] * LIMIT + [429]
    assert ask(two) == [200]


def test_the_workers_of_one_gateway_count_together(store: RedisServer) -> None:
    port = free_port()
    environ = {
        "GATEWAY_PORT": str(port),
        "GATEWAY_WORKERS": "2",
        "GATEWAY_MODEL_SERVER": "127.0.0.1:1",
        "GATEWAY_RATE_LIMIT": "5/hour",
        "GATEWAY_RATE_LIMIT_STORAGE": store.url,
    }
    gateway = Child("gateway", gateway_command(), {**os.environ, **environ})
    try:
        wait_until_alive(gateway, port)
        statuses = [status(port, "/v2/models/mnist") for _ in range(20)]
    finally:
        gateway.stop(grace=20.0)
    assert statuses.count(429) == 15
    assert statuses[:5].count(429) == 0


def status(port: int, path: str) -> int:
    """The status of a GET on a connection of its own."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as reply:
            return int(reply.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def wait_until_alive(gateway: Child, port: int) -> None:
    """Return once ``/healthz`` answers; fail the test where the gateway ends or takes too long."""
    end = time.monotonic() + 60
    while True:
        assert gateway.exit_status() is None, "the gateway ended"
        assert time.monotonic() < end, "the gateway does not answer"
        try:
            if status(port, "/healthz") == 200:
                return
        except OSError:
            time.sleep(0.05)
