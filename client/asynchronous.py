"""The asynchronous client, for asyncio. It holds every operation; the blocking client drives it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Iterable
from time import monotonic
from typing import TYPE_CHECKING

import httpx

from client.batch_call import BatchCall, Pace
from client.batching import DEFAULT_BATCH_SIZE, DEFAULT_CONCURRENCY, Batch, Batcher, check_concurrency
from client.bodies import body_for
from client.connection import Connection
from client.errors import ClientError, TimedOut
from client.replies import CLASSIFY, read_model, read_models, read_results
from client.requests import DEFAULT_URL, OptionFields, Options, Request, model_path
from client.results import Failure, ModelInfo, Prediction, Result
from client.retry import RetryPolicy
from client.sources import Source, load

if TYPE_CHECKING:
    from typing_extensions import Unpack

READY_POLL_SECONDS = 0.25
PROBE_SECONDS = 5.0
_ONCE = RetryPolicy(retries=0)


class AsyncClient:
    """Classifies pictures through the gateway; see ``client.Client`` for the arguments and the methods."""

    def __init__(
        self,
        url: str = DEFAULT_URL,
        api_key: str | None = None,
        *,
        timeout: float = 30.0,
        retries: int | RetryPolicy = 4,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._connection = Connection(url, api_key, timeout, retries, transport)
        self._pace = Pace()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._connection.close()

    async def classify(
        self, source: Source, *, name: str | None = None, **options: Unpack[OptionFields]
    ) -> Prediction:
        """Classify one picture; as ``Client.classify``."""
        upload, checked = load(source, name), Options(**options)
        reply = await self._connection.call(checked.request(CLASSIFY.name, body_for([upload])))
        (result,) = read_results(reply, [upload], CLASSIFY)
        if isinstance(result, Failure):
            raise result.error
        return result

    async def classify_many(
        self,
        sources: Iterable[Source] | AsyncIterable[Source],
        *,
        concurrency: int = DEFAULT_CONCURRENCY,
        batch_size: int = DEFAULT_BATCH_SIZE,
        **options: Unpack[OptionFields],
    ) -> AsyncIterator[Result]:
        """Classify any number of pictures in order; as ``Client.classify_many``, from any iterable."""
        checked, limit = Options(**options), check_concurrency(concurrency)
        pending: deque[asyncio.Task[list[Result]]] = deque()
        try:
            async for batch in _batches(Batcher(batch_size), sources):
                pending.append(asyncio.ensure_future(self.classify_loaded(batch, checked)))
                while pending and (pending[0].done() or len(pending) >= limit):
                    for result in await pending.popleft():
                        yield result
            while pending:
                for result in await pending.popleft():
                    yield result
        finally:
            for task in pending:
                task.cancel()
            await asyncio.gather(*pending, return_exceptions=True)

    async def classify_loaded(self, batch: Batch, options: Options) -> list[Result]:
        """Classify a batch whose pictures are loaded already; one result for each, in order."""
        return await BatchCall(self._connection, self._pace, CLASSIFY, options, batch).run()

    async def models(self) -> list[ModelInfo]:
        """The served models."""
        return read_models(await self._connection.call(Request("GET", "/v1/models")))

    async def model(self, name: str) -> ModelInfo:
        """One served model, with its card."""
        return read_model(await self._connection.call(Request("GET", model_path(name))))

    async def probe(self, path: str) -> None:
        """Ask ``/healthz`` or ``/readyz`` once; raises what is wrong."""
        deadline = monotonic() + min(PROBE_SECONDS, self._connection.timeout)
        await self._connection.call(Request("GET", path), deadline, policy=_ONCE)

    async def wait_until_ready(self, timeout: float = 60.0) -> None:
        """Return when every model is ready; raises ``TimedOut`` after ``timeout`` seconds."""
        deadline = monotonic() + timeout
        while True:
            try:
                return await self.probe("/readyz")
            except ClientError as error:
                if monotonic() + READY_POLL_SECONDS >= deadline:
                    raise TimedOut(f"the service was not ready in {timeout:g} s: {error.detail}") from error
            await asyncio.sleep(READY_POLL_SECONDS)


async def _batches(
    batcher: Batcher, sources: Iterable[Source] | AsyncIterable[Source]
) -> AsyncIterator[Batch]:
    if isinstance(sources, AsyncIterable):
        async for batch in batcher.batches_async(sources):
            yield batch
    else:
        for batch in batcher.batches(sources):
            yield batch
