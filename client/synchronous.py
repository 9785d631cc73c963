"""The blocking client."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from client.batching import (
    DEFAULT_BATCH_SIZE,
    DEFAULT_CONCURRENCY,
    Batcher,
    check_concurrency,
    load_or_failure,
)
from client.driver import Driver
from client.requests import OptionFields, Options
from client.results import Failure, ModelInfo, Prediction, Result
from client.sources import Source, Upload
from client.window import Window

if TYPE_CHECKING:
    from typing_extensions import Unpack


class Client(Driver):
    """Classifies pictures through the gateway. Threads may share it; close it, or use ``with``.

    Args:
        url: the service, such as ``http://localhost:8080``.
        api_key: sent with every request, where the service wants one.
        timeout: seconds for one call, all tries and waits included; of a batch, seconds without any answer.
        retries: how often a call is repeated, or a ``RetryPolicy``.
        transport: sends the requests in place of the network, as httpx knows it.

    Raises:
        ValueError: ``url`` is no address.
    """

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def classify(
        self, source: Source, *, name: str | None = None, **options: Unpack[OptionFields]
    ) -> Prediction:
        """Classify one picture: a path, bytes, an open file, a PIL image or an array.

        Args:
            source: the picture.
            name: what to call it in the result; otherwise its path.
            **options: see ``client.requests.Options``.

        Raises:
            ClientError: what went wrong.
            ValueError: an option is wrong.
        """
        return self.run(self._operations.classify(source, name, Options(**options)))

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
        ``Failure`` in its place; what would fail all others too is raised.

        Args:
            sources: pictures, as ``classify`` takes them.
            concurrency: requests at once.
            batch_size: pictures in a request.
            **options: see ``client.requests.Options``.

        Raises:
            ClientError: the service is away, refuses the key or does not know the model.
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
        """As ``classify_many``; results come in lists, as they were answered."""
        checked = Options(**options)
        batches = _batches(Batcher(batch_size), sources)
        window: Window[list[Upload | Failure], list[Result]] = Window(
            lambda batch: self.run(self._operations.classify_batch(batch, checked)),
            check_concurrency(concurrency),
        )
        return window.run(batches)

    def classify_batch(self, sources: Iterable[Source], **options: Unpack[OptionFields]) -> list[Result]:
        """Classify a few pictures in one request; as ``classify_many`` otherwise."""
        batch = [load_or_failure(source) for source in sources]
        return self.run(self._operations.classify_batch(batch, Options(**options)))

    def models(self) -> list[ModelInfo]:
        """What is served."""
        return self.run(self._operations.models())

    def model(self, name: str) -> ModelInfo:
        """One served model, with its card."""
        return self.run(self._operations.model(name))

    def probe(self, path: str) -> None:
        """Ask ``/healthz`` or ``/readyz`` once; raises what is wrong."""
        self.run(self._operations.probe(path))

    def wait_until_ready(self, timeout: float = 60.0) -> None:
        """Return when every model is ready; raises ``TimedOut`` after ``timeout`` seconds."""
        self.run(self._operations.wait_until_ready(timeout))


def _batches(batcher: Batcher, sources: Iterable[Source]) -> Iterator[list[Upload | Failure]]:
    for source in sources:
        yield from batcher.add(source)
    yield from batcher.rest()
