"""What can go wrong, as rounds that chance composes; each says how long recovery took, or raises."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from serving.gateway.model_client.grpc_predictor import PREDICT
from tests.faults import changing, faults
from tests.faults.calls import PATH, Load, caller, load, wrong
from tests.faults.changing import STABLE, Balancer, another_gateway, labelled
from tests.faults.gateway import gateway_before, workers
from tests.faults.publishing import incomplete, publish_at_once, wrong_answers
from tests.faults.recovery import LIMIT, recovery, served, wait_for_port
from tests.faults.stand_in import DESCRIBE, StandIn
from tests.stack import Stack


@dataclass
class World:
    """What the rounds play with.

    Attributes:
        folder: for files.
        stand_in: a model server that goes wrong.
        before: a gateway before it.
        stack: a real model server with two versions, and a gateway before it.
    """

    folder: Path
    stand_in: StandIn
    before: Stack
    stack: Stack
    rounds: int = 0

    def fresh(self) -> Path:
        """A new folder."""
        self.rounds += 1
        made = self.folder / f"round-{self.rounds}"
        made.mkdir()
        return made


@contextmanager
def world(folder: Path) -> Iterator[World]:
    """Everything started; stopped at the end."""
    with ExitStack() as closing:
        stand_in = StandIn()
        stand_in.start()
        closing.callback(stand_in.stop)
        before = closing.enter_context(gateway_before(stand_in, folder / "before"))
        stack = closing.enter_context(labelled(folder / "real"))
        yield World(folder, stand_in, before, stack)


def wrong_answers_for_a_while(play: World, chance: random.Random) -> float:
    """The stand-in answers one kind of nonsense, then rightly again."""
    kind = chance.choice((faults.WRONG_ANSWERS, faults.WRONG_DESCRIPTIONS))
    name = chance.choice(sorted(kind))
    if kind is faults.WRONG_DESCRIPTIONS:
        play.stand_in.version += 2
    play.stand_in.faults[PREDICT if kind is faults.WRONG_ANSWERS else DESCRIBE] = kind[name]
    with load(play.before.gateway_port, callers=chance.randint(1, 8), pause=0.005) as running:
        time.sleep(chance.uniform(0.2, 1.0))
        play.stand_in.heal()
        seconds = recovery(play.before)
    _only(running, {200, 502})
    return seconds


def outage(play: World, chance: random.Random) -> float:
    """The stand-in is gone for a while."""
    with load(play.before.gateway_port, callers=chance.randint(1, 8), pause=0.005) as running:
        play.stand_in.stop()
        time.sleep(chance.uniform(0.0, 2.0))
        play.stand_in.start()
        seconds = recovery(play.before)
    _only(running, {200, 503, 504})
    return seconds


def swallowed(play: World, chance: random.Random) -> float:
    """The stand-in takes calls and does not answer, then answers new calls."""
    ended = threading.Event()
    play.stand_in.faults[PREDICT] = faults.silence(ended)
    with load(play.before.gateway_port, callers=chance.randint(1, 8)) as running:
        time.sleep(chance.uniform(0.1, 2.0))
        play.stand_in.heal()
        seconds = recovery(play.before)
        ended.set()
    _only(running, {200, 504})
    return seconds


def model_server_killed(play: World, chance: random.Random) -> float:
    """The real model server dies and is started again."""
    stack = play.stack
    assert stack.model_server
    with load(stack.gateway_port, callers=chance.randint(1, 4), pause=0.01) as running:
        os.killpg(stack.model_server.pid, signal.SIGKILL)
        stack.model_server.stop(grace=1)
        time.sleep(chance.uniform(0.0, 1.0))
        stack.start_model_server()
        wait_for_port(stack.grpc_port)
        seconds = recovery(stack)
    _only(running, {200, 502, 503, 504})
    return seconds


def model_server_stopped(play: World, chance: random.Random) -> float:
    """The real model server hangs for a while."""
    assert play.stack.model_server
    with load(play.stack.gateway_port, callers=chance.randint(1, 4), pause=0.01) as running:
        os.kill(play.stack.model_server.pid, signal.SIGSTOP)
        time.sleep(chance.uniform(0.1, 8.0))
        os.kill(play.stack.model_server.pid, signal.SIGCONT)
        seconds = recovery(play.stack)
    _only(running, {200, 503, 504})
    return seconds


def worker_killed(play: World, chance: random.Random) -> float:
    """One of the gateway's workers dies: nobody but its callers notices."""
    callers = chance.randint(1, 8)
    with load(play.stack.gateway_port, callers=callers, pause=0.002) as running:
        time.sleep(chance.uniform(0.1, 0.5))
        victim = chance.choice(workers(play.stack))
        os.kill(victim, signal.SIGKILL)
        while victim in workers(play.stack) or len(workers(play.stack)) < 2:
            time.sleep(0.02)
    _only(running, {200, 0})
    broken = sum(answer.status == 0 for _, answer in running.answers)
    assert broken <= callers, f"{broken} requests of {callers} callers failed"
    return 0.0


def versions_switched(play: World, chance: random.Random) -> float:
    """Promotion and roll-back under load: nothing fails."""
    with load(play.stack.gateway_port, callers=4, paths=(PATH, STABLE), pause=0.002) as running:
        changing.switch_back_and_forth(play.stack, 1, chance.randrange(10**6))
    _only(running, {200})
    return 0.0


def gateways_restarted(play: World, _chance: random.Random) -> float:
    """Two gateways behind a balancer restart one after the other: nothing fails."""
    folder, environ = play.fresh(), {"GATEWAY_DRAIN_SECONDS": "1", "GATEWAY_WORKERS": "1"}
    with (
        another_gateway(play.stack, folder / "one", environ) as one,
        another_gateway(play.stack, folder / "two", environ) as two,
        Balancer([one, two]) as balancer,
        load(balancer.choose, callers=4, pause=0.002) as running,
    ):
        changing.restart(one)
        changing.restart(two)
    _only(running, {200})
    return 0.0


def jobs_publish(play: World, chance: random.Random) -> float:
    """Eight jobs publish at once and some are killed, while the model is served."""
    folder = play.fresh()
    with served(folder) as stack:
        seed, kills = chance.randrange(10**6), chance.randint(1, 7)
        published = publish_at_once(stack, folder / "templates", seed=seed, each=4, kills=kills)
        assert incomplete(stack, folder / "templates", published.kinds) == []
    assert len(set(published.told)) == len(published.told)
    assert published.given == list(range(2, len(published.given) + 2))
    assert set(published.kinds) - {1} <= set(published.given)
    assert published.debris == []
    assert wrong_answers(published) == []
    return 0.0


Scenario = Callable[[World, random.Random], float]

SCENARIOS: tuple[Scenario, ...] = (
    wrong_answers_for_a_while,
    outage,
    swallowed,
    model_server_killed,
    model_server_stopped,
    worker_killed,
    versions_switched,
    gateways_restarted,
    jobs_publish,
)


def settle(play: World) -> None:
    """Both gateways answer rightly again, whatever a round that failed has left."""
    play.stand_in.heal()
    for stack in (play.before, play.stack):
        assert recovery(stack) < 10 * LIMIT
        with caller(stack.gateway_port) as client:
            assert wrong(client.classify(), 0) == ""


def _only(running: Load, statuses: set[int]) -> None:
    """All answers have one of these statuses; those that are 200 are right, errors are problems."""
    for number, answer in running.answers:
        assert answer.status in statuses, f"{answer.status} {answer.body}"
        assert answer.problem == "", answer.problem
        assert answer.status != 200 or wrong(answer, number) == "", wrong(answer, number)
