"""What the client can do, each thing written once as an operation that a client drives."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from client.batch_call import Batch, BatchCall
from client.calls import Caller, Operation, Wait
from client.errors import ClientError, TimedOut
from client.pace import Pace
from client.replies import read_model, read_models, read_results
from client.requests import Options, Request, classify_request, model_request, models_request
from client.results import Failure, ModelInfo, Prediction, Result
from client.retry import RetryPolicy
from client.sources import Source, load

READY_POLL_SECONDS = 0.25
PROBE_SECONDS = 5.0


class Operations:
    """The operations of one client.

    Args:
        policy: when to try again.
        timeout: seconds for one call, all tries and waits included; of a batch, seconds without any answer.
        clock: seconds that only grow.
    """

    def __init__(self, policy: RetryPolicy, timeout: float, clock: Callable[[], float] = monotonic) -> None:
        self._caller = Caller(policy, clock)
        self._timeout = timeout
        self._pace = Pace()
        self.clock = clock

    def classify(self, source: Source, name: str | None, options: Options) -> Operation[Prediction]:
        """Classify one picture; raises what went wrong with it."""
        upload = load(source, name)
        reply = yield from self._caller.call(classify_request([upload], options), self._deadline())
        (result,) = read_results(reply, [upload])
        if isinstance(result, Failure):
            raise result.error
        return result

    def classify_batch(self, batch: Batch, options: Options) -> Operation[list[Result]]:
        """Classify a batch; see ``BatchCall``."""
        return BatchCall(self._caller, options, self._timeout, self._pace, batch).run()

    def models(self) -> Operation[list[ModelInfo]]:
        """What is served."""
        reply = yield from self._caller.call(models_request(), self._deadline())
        return read_models(reply)

    def model(self, name: str) -> Operation[ModelInfo]:
        """One model."""
        reply = yield from self._caller.call(model_request(name), self._deadline())
        return read_model(reply)

    def probe(self, path: str) -> Operation[None]:
        """Ask ``/healthz`` or ``/readyz`` once; raises what is wrong."""
        once = Caller(RetryPolicy(retries=0), self.clock)
        yield from once.call(Request("GET", path), self.clock() + min(PROBE_SECONDS, self._timeout))

    def wait_until_ready(self, timeout: float) -> Operation[None]:
        """Ask ``/readyz`` until it says yes.

        Raises:
            TimedOut: it did not within ``timeout`` seconds; the last answer is in the sentence.
        """
        deadline = self.clock() + timeout
        while True:
            try:
                return (yield from self.probe("/readyz"))
            except ClientError as error:
                if self.clock() + READY_POLL_SECONDS >= deadline:
                    raise TimedOut(f"the service was not ready in {timeout:g} s: {error.detail}") from error
            yield Wait(READY_POLL_SECONDS)

    def _deadline(self) -> float:
        return self.clock() + self._timeout
