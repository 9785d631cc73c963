"""The asynchronous client (asyncio): the same operations as the blocking one, driven with await."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Iterable
from typing import TYPE_CHECKING, TypeVar

import httpx

from client.batching import DEFAULT_BATCH_SIZE, DEFAULT_CONCURRENCY, Batcher, check_concurrency
from client.calls import Conversation, Gathering, Operation, Send, Wait
from client.errors import ClientError
from client.operations import Operations
from client.replies import Reply
from client.requests import DEFAULT_URL, OptionFields, Options, base_url
from client.results import Failure, ModelInfo, Prediction, Result
from client.retry import RetryPolicy
from client.sources import Source, Upload
from client.transport import common_headers, http_request, reply_from, tls_for, translated

if TYPE_CHECKING:
    from typing_extensions import Unpack

T = TypeVar("T")


class AsyncClient:
    """Classifies pictures through the gateway; see ``client.Client`` for what each part means."""

    def __init__(
        self,
        url: str = DEFAULT_URL,
        api_key: str | None = None,
        *,
        timeout: float = 30.0,
        retries: int | RetryPolicy = 4,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._base = base_url(url)
        self._headers = common_headers(api_key)
        policy = retries if isinstance(retries, RetryPolicy) else RetryPolicy(retries)
        self._operations = Operations(policy, timeout)
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
        self._http = httpx.AsyncClient(verify=tls_for(self._base), limits=limits, transport=transport)

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def classify(
        self, source: Source, *, name: str | None = None, **options: Unpack[OptionFields]
    ) -> Prediction:
        """Classify one picture; as ``Client.classify``."""
        return await self._run(self._operations.classify(source, name, Options(**options)))

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
                pending.append(
                    asyncio.ensure_future(self._run(self._operations.classify_batch(batch, checked)))
                )
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

    async def models(self) -> list[ModelInfo]:
        """What is served."""
        return await self._run(self._operations.models())

    async def model(self, name: str) -> ModelInfo:
        """One served model, with its card."""
        return await self._run(self._operations.model(name))

    async def probe(self, path: str) -> None:
        """Ask ``/healthz`` or ``/readyz`` once; raises what is wrong."""
        await self._run(self._operations.probe(path))

    async def wait_until_ready(self, timeout: float = 60.0) -> None:
        """Return when every model is ready; raises ``TimedOut`` after ``timeout`` seconds."""
        await self._run(self._operations.wait_until_ready(timeout))

    async def _run(self, operation: Operation[T]) -> T:
        """Drive an operation to its end."""
        conversation = Conversation(operation)
        while (effect := conversation.effect) is not None:
            try:
                reply = await (
                    self._send(effect) if isinstance(effect, Send) else asyncio.sleep(effect.seconds)
                )
            except ClientError as error:
                conversation.fail(error)
            else:
                conversation.answer(reply)
        return conversation.result

    async def _perform(self, effect: Send | Wait) -> Reply | None:
        if isinstance(effect, Send):
            return await self._send(effect)
        await asyncio.sleep(effect.seconds)
        return None

    async def _send(self, send: Send) -> Reply:
        clock = self._operations.clock
        request = http_request(self._base, send, self._headers, send.deadline - clock())
        gathering = Gathering(send.deadline, clock)
        with translated(self._base):
            response = await self._http.send(request, stream=True)
            try:
                async for block in response.aiter_bytes():
                    gathering.add(block)
            finally:
                await response.aclose()
        return reply_from(response, gathering.content())


async def _batches(
    batcher: Batcher, sources: Iterable[Source] | AsyncIterable[Source]
) -> AsyncIterator[list[Upload | Failure]]:
    if isinstance(sources, AsyncIterable):
        async for source in sources:
            for batch in batcher.add(source):
                yield batch
    else:
        for source in sources:
            for batch in batcher.add(source):
                yield batch
    for batch in batcher.rest():
        yield batch
