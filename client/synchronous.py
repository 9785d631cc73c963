"""The blocking client: the asynchronous one, driven on an event loop in a thread of its own."""

from __future__ import annotations

import asyncio
import weakref
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import httpx
from anyio.from_thread import start_blocking_portal

from client.asynchronous import AsyncClient
from client.batching import (
    DEFAULT_BATCH_SIZE,
    DEFAULT_CONCURRENCY,
    Batch,
    Batcher,
    check_concurrency,
    load_or_failure,
)
from client.requests import DEFAULT_URL, OptionFields, Options
from client.results import ModelInfo, Prediction, Result
from client.retry import RetryPolicy
from client.sources import Source

if TYPE_CHECKING:
    from typing_extensions import Unpack

P = ParamSpec("P")
T = TypeVar("T")


class Client:
    """Classifies pictures through the gateway. Threads may share it. Close it, or use ``with``.

    Args:
        url: the service, such as ``http://localhost:8080``.
        api_key: sent with every request, where the service wants one.
        timeout: seconds for one call, with all tries and waits; for a batch, seconds without any answer.
        retries: how often a call is repeated, or a ``RetryPolicy``.
        transport: an asynchronous transport of httpx that sends the requests in place of the network.

    Raises:
        ValueError: ``url`` is no address.
        ProxyError: the environment names an unusable proxy for it.
    """

    def __init__(
        self,
        url: str = DEFAULT_URL,
        api_key: str | None = None,
        *,
        timeout: float = 30.0,
        retries: int | RetryPolicy = 4,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._client = AsyncClient(url, api_key, timeout=timeout, retries=retries, transport=transport)
        stack = ExitStack()
        self._portal = stack.enter_context(start_blocking_portal())
        stack.callback(self._portal.call, self._client.close)
        # Also called at exit, before the interpreter stops the loop's thread.
        self._close = weakref.finalize(self, stack.close)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._close()

    def classify(
        self, source: Source, *, name: str | None = None, **options: Unpack[OptionFields]
    ) -> Prediction:
        """Classify one picture: a path, bytes, an open file, a PIL image or an array.

        Args:
            source: the picture.
            name: its name in the result; otherwise its path.
            **options: see ``client.requests.Options``.

        Raises:
            ClientError: what went wrong.
            ValueError: an option is wrong.
        """
        return self._run(lambda: self._client.classify(source, name=name, **options))

    def classify_many(
        self,
        sources: Iterable[Source],
        *,
        concurrency: int = DEFAULT_CONCURRENCY,
        batch_size: int = DEFAULT_BATCH_SIZE,
        **options: Unpack[OptionFields],
    ) -> Iterator[Result]:
        """Classify any number of pictures; results come in their order, as the answers arrive.

        Only a few batches are in memory at once, however many sources there are. A picture that fails is a
        ``Failure`` in its place. An error that would fail all others too is raised.

        Args:
            sources: pictures, as ``classify`` takes them.
            concurrency: requests at once.
            batch_size: pictures in a request.
            **options: see ``client.requests.Options``.

        Raises:
            ClientError: the service is not reachable, refuses the key or does not know the model.
            ValueError: an option is wrong.
        """
        batches = self.classify_batches(sources, concurrency=concurrency, batch_size=batch_size, **options)
        return (result for results in batches for result in results)

    def classify_batches(
        self,
        sources: Iterable[Source],
        *,
        concurrency: int = DEFAULT_CONCURRENCY,
        batch_size: int = DEFAULT_BATCH_SIZE,
        **options: Unpack[OptionFields],
    ) -> Iterator[list[Result]]:
        """As ``classify_many``; results come in lists, batch by batch."""
        checked, batches = Options(**options), Batcher(batch_size).batches(sources)
        return self._in_order(
            batches,
            check_concurrency(concurrency),
            lambda batch: self._client.classify_loaded(batch, checked),
        )

    def classify_batch(self, sources: Iterable[Source], **options: Unpack[OptionFields]) -> list[Result]:
        """Classify a few pictures in one request; as ``classify_many`` otherwise."""
        batch, checked = [load_or_failure(source) for source in sources], Options(**options)
        return self._run(lambda: self._client.classify_loaded(batch, checked))

    def models(self) -> list[ModelInfo]:
        """The served models."""
        return self._run(self._client.models)

    def model(self, name: str) -> ModelInfo:
        """One served model, with its card."""
        return self._run(lambda: self._client.model(name))

    def probe(self, path: str) -> None:
        """Ask ``/healthz`` or ``/readyz`` once; raises what is wrong."""
        self._run(lambda: self._client.probe(path))

    def wait_until_ready(self, timeout: float = 60.0) -> None:
        """Return when every model is ready; raises ``TimedOut`` after ``timeout`` seconds."""
        self._run(lambda: self._client.wait_until_ready(timeout))

    def _run(self, call: Callable[[], Awaitable[T]]) -> T:
        """Make a call on the loop and wait for it; an interrupt of the wait cancels the call."""
        future = self._portal.start_task_soon(call)
        try:
            return future.result()
        finally:
            future.cancel()

    def _in_order(
        self, batches: Iterable[Batch], concurrency: int, call: Callable[[Batch], Awaitable[list[T]]]
    ) -> Iterator[list[T]]:
        """Make the calls of all batches; leaving early cancels those under way.

        At most ``concurrency`` calls run at once, and twice as many batches are in memory.
        """
        pending: deque[Future[list[T]]] = deque()
        slots = asyncio.Semaphore(concurrency)

        async def limited(batch: Batch) -> list[T]:
            async with slots:
                return await call(batch)

        try:
            for batch in batches:
                pending.append(self._portal.start_task_soon(limited, batch))
                while pending and (pending[0].done() or len(pending) >= 2 * concurrency):
                    yield pending[0].result()
                    pending.popleft()
            while pending:
                yield pending[0].result()
                pending.popleft()
        finally:
            for future in pending:
                future.cancel()
