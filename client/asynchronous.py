"""The asynchronous client (asyncio): the same operations as the blocking one, driven with await."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Iterable
from typing import TYPE_CHECKING

from client.async_driver import AsyncDriver
from client.batching import DEFAULT_BATCH_SIZE, DEFAULT_CONCURRENCY, Batcher, check_concurrency
from client.requests import OptionFields, Options
from client.results import Failure, ModelInfo, Prediction, Result
from client.sources import Source, Upload

if TYPE_CHECKING:
    from typing_extensions import Unpack


class AsyncClient(AsyncDriver):
    """Classifies pictures through the gateway; see ``client.Client`` for what each part means."""

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def classify(
        self, source: Source, *, name: str | None = None, **options: Unpack[OptionFields]
    ) -> Prediction:
        """Classify one picture; as ``Client.classify``."""
        return await self.run(self._operations.classify(source, name, Options(**options)))

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
                    asyncio.ensure_future(self.run(self._operations.classify_batch(batch, checked)))
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
        return await self.run(self._operations.models())

    async def model(self, name: str) -> ModelInfo:
        """One served model, with its card."""
        return await self.run(self._operations.model(name))

    async def probe(self, path: str) -> None:
        """Ask ``/healthz`` or ``/readyz`` once; raises what is wrong."""
        await self.run(self._operations.probe(path))

    async def wait_until_ready(self, timeout: float = 60.0) -> None:
        """Return when every model is ready; raises ``TimedOut`` after ``timeout`` seconds."""
        await self.run(self._operations.wait_until_ready(timeout))


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
