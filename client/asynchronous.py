"""The asynchronous client, for asyncio. It implements every operation; the blocking client drives it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Iterable
from time import monotonic
from typing import TYPE_CHECKING, TypeVar

import httpx

from client.batches import Batch, BatchCall, Batcher, Pace, check_concurrency
from client.connection import ONCE, Connection
from client.errors import ClientError, TimedOut
from client.replies import CLASSIFY, READ, Verb, read_correction, read_model, read_models, read_results
from client.requests import (
    DEFAULT_BATCH_SIZE,
    DEFAULT_CONCURRENCY,
    DEFAULT_MODEL,
    DEFAULT_URL,
    READ_BATCH_SIZE,
    OptionFields,
    Options,
    ReadOptionFields,
    Request,
    body_for,
    model_path,
)
from client.results import Correction, Failure, ModelInfo, Prediction, Reading, Result
from client.retry import RetryPolicy
from client.sources import Source, load

if TYPE_CHECKING:
    from typing_extensions import Unpack

READY_POLL_SECONDS = 0.25
PROBE_SECONDS = 5.0

T = TypeVar("T")


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
        """Classify a picture; as ``Client.classify``."""
        return await self._ask(CLASSIFY, source, name, Options(**options))

    def classify_many(
        self,
        sources: Iterable[Source] | AsyncIterable[Source],
        *,
        concurrency: int = DEFAULT_CONCURRENCY,
        batch_size: int = DEFAULT_BATCH_SIZE,
        **options: Unpack[OptionFields],
    ) -> AsyncIterator[Result]:
        """Classify any number of pictures in order; as ``Client.classify_many``, from any iterable."""
        return self._ask_many(CLASSIFY, sources, concurrency, batch_size, Options(**options))

    async def read(
        self, source: Source, *, name: str | None = None, **options: Unpack[ReadOptionFields]
    ) -> Reading:
        """Read the digits on a picture; as ``Client.read``."""
        return await self._ask(READ, source, name, Options(**options))

    def read_many(
        self,
        sources: Iterable[Source] | AsyncIterable[Source],
        *,
        concurrency: int = DEFAULT_CONCURRENCY,
        batch_size: int = READ_BATCH_SIZE,
        **options: Unpack[ReadOptionFields],
    ) -> AsyncIterator[Reading | Failure]:
        """Read any number of pictures in order; as ``Client.read_many``, from any iterable."""
        return self._ask_many(READ, sources, concurrency, batch_size, Options(**options))

    async def correct(
        self, source: Source, label: str, *, model: str = DEFAULT_MODEL, name: str | None = None
    ) -> Correction:
        """Send a picture with its right label; as ``Client.correct``."""
        upload = load(source, name)
        request = Request("POST", f"{model_path(model)}:correct", {"label": label}, body_for([upload]))
        return read_correction(await self._connection.call(request), upload)

    async def models(self) -> list[ModelInfo]:
        """List the served models."""
        return read_models(await self._connection.call(Request("GET", "/v1/models")))

    async def model(self, name: str) -> ModelInfo:
        """Describe a served model, with its card."""
        return read_model(await self._connection.call(Request("GET", model_path(name))))

    async def probe(self, path: str, timeout: float = PROBE_SECONDS) -> None:
        """Ask ``/healthz`` or ``/readyz`` once; raises if the answer is not 200."""
        deadline = monotonic() + min(timeout, PROBE_SECONDS, self._connection.timeout)
        await self._connection.call(Request("GET", path), deadline, policy=ONCE)

    async def wait_until_ready(self, timeout: float = 60.0) -> None:
        """Return when every model is ready; raises ``TimedOut`` after ``timeout`` seconds."""
        deadline = monotonic() + timeout
        while True:
            try:
                return await self.probe("/readyz", max(READY_POLL_SECONDS, deadline - monotonic()))
            except ClientError as error:
                if monotonic() + READY_POLL_SECONDS >= deadline:
                    raise TimedOut(f"the service was not ready in {timeout:g} s: {error.detail}") from error
            await asyncio.sleep(READY_POLL_SECONDS)

    async def ask_batch(self, verb: Verb[T], batch: Batch, options: Options) -> list[T | Failure]:
        """Send a batch of pictures; one result for each, in order."""
        return await BatchCall(self._connection, self._pace, verb, options, batch).run()

    async def _ask(self, verb: Verb[T], source: Source, name: str | None, options: Options) -> T:
        upload = load(source, name)
        request = options.request(verb.name, body_for([upload]), verb.parameters)
        (result,) = read_results(await self._connection.call(request), [upload], verb)
        if isinstance(result, Failure):
            raise result.error
        return result

    def _ask_many(
        self,
        verb: Verb[T],
        sources: Iterable[Source] | AsyncIterable[Source],
        concurrency: int,
        batch_size: int,
        options: Options,
    ) -> AsyncIterator[T | Failure]:
        batches = Batcher(batch_size).batches_async(sources)
        return self._in_order(verb, batches, check_concurrency(concurrency), options)

    async def _in_order(
        self, verb: Verb[T], batches: AsyncIterator[Batch], limit: int, options: Options
    ) -> AsyncIterator[T | Failure]:
        pending: deque[asyncio.Task[list[T | Failure]]] = deque()
        try:
            async for batch in batches:
                pending.append(asyncio.ensure_future(self.ask_batch(verb, batch, options)))
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
