"""The blocking client: it runs the asynchronous one on an event loop in a thread of its own."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

import httpx

from client.asynchronous import AsyncClient
from client.batches import FAILS_ALL, Batcher, check_concurrency, load_or_failure
from client.errors import ClientError
from client.listing import folder_files
from client.loop import Loop
from client.problems import CorrectionsFull
from client.replies import CLASSIFY, READ, Verb
from client.requests import (
    DEFAULT_BATCH_SIZE,
    DEFAULT_CONCURRENCY,
    DEFAULT_MODEL,
    DEFAULT_URL,
    READ_BATCH_SIZE,
    OptionFields,
    Options,
    ReadOptionFields,
)
from client.results import Correction, Failure, ModelInfo, Prediction, Reading, Result
from client.retry import RetryPolicy
from client.sources import Source, source_name

if TYPE_CHECKING:
    import pandas
    from typing_extensions import Unpack

T = TypeVar("T")


class Client:
    """Classifies pictures through the gateway. Threads may share it. Close it, or use ``with``.

    Args:
        url: address of the service, such as ``http://localhost:8080``.
        api_key: sent with every request, if the service requires one.
        timeout: seconds for a call with its retries; for a batch, seconds without any answer.
        retries: how often a call is repeated, or a ``RetryPolicy``.
        transport: an asynchronous httpx transport that replaces the network.

    Raises:
        ValueError: ``url`` is not an address.
        ProxyError: the environment names an unusable proxy for it.
        CertificateError: the trusted certificates for https cannot be loaded.
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
        self._loop = Loop(at_end=self._client.close)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._loop.close()

    def classify(
        self, source: Source, *, name: str | None = None, **options: Unpack[OptionFields]
    ) -> Prediction:
        """Classify a picture: a path, bytes, an open file, a PIL image or an array.

        Args:
            source: the picture.
            name: its name in the result; otherwise its path.
            **options: see ``client.requests.Options``.

        Raises:
            ClientError: the picture has no answer; the class gives the reason.
            ValueError: an option is wrong.
        """
        return self._loop.run(lambda: self._client.classify(source, name=name, **options))

    def classify_many(
        self,
        sources: Iterable[Source],
        *,
        concurrency: int = DEFAULT_CONCURRENCY,
        batch_size: int = DEFAULT_BATCH_SIZE,
        **options: Unpack[OptionFields],
    ) -> Iterator[Result]:
        """Classify any number of pictures and yield the results in order, as the answers arrive.

        Only a few batches are in memory at once, however many sources there are. A picture that fails is a
        ``Failure`` in its place. An error that would fail all other pictures too is raised.

        Args:
            sources: pictures, as ``classify`` takes them.
            concurrency: requests at once.
            batch_size: pictures per request.
            **options: see ``client.requests.Options``.

        Raises:
            ClientError: the service is unreachable, refuses the key or does not know the model.
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
        """As ``classify_many``, but yield one list of results per batch."""
        return self._ask_batches(CLASSIFY, sources, concurrency, batch_size, Options(**options))

    def classify_batch(self, sources: Iterable[Source], **options: Unpack[OptionFields]) -> list[Result]:
        """Classify a few pictures in one request; otherwise as ``classify_many``."""
        batch, checked = [load_or_failure(source) for source in sources], Options(**options)
        return self._loop.run(lambda: self._client.ask_batch(CLASSIFY, batch, checked))

    def classify_frame(
        self,
        sources: Iterable[Source] | str | os.PathLike[str],
        *,
        recursive: bool = False,
        **options: Unpack[OptionFields],
    ) -> pandas.DataFrame:
        """Classify a folder, or any number of pictures, into a pandas DataFrame with one row per picture.

        Args:
            sources: the path of a folder, or pictures as ``classify_many`` takes them.
            recursive: whether to include subfolders.
            **options: see ``client.requests.Options``.

        Raises:
            ClientError: as ``classify_many``; or pandas is not installed.
        """
        from client.records import data_frame

        if isinstance(sources, (str, os.PathLike)):
            sources = folder_files(os.fspath(sources), recursive)
        return data_frame(self.classify_many(sources, **options))

    def read(
        self, source: Source, *, name: str | None = None, **options: Unpack[ReadOptionFields]
    ) -> Reading:
        """Read the digits on a picture, in lines.

        Args:
            source: the picture, as ``classify`` takes it.
            name: its name in the result; otherwise its path.
            **options: ``model``, ``version``, ``label`` and ``include``; see ``client.requests.Options``.

        Raises:
            ClientError: the picture has no answer; the class gives the reason.
            ValueError: an option is wrong.
        """
        return self._loop.run(lambda: self._client.read(source, name=name, **options))

    def read_many(
        self,
        sources: Iterable[Source],
        *,
        concurrency: int = DEFAULT_CONCURRENCY,
        batch_size: int = READ_BATCH_SIZE,
        **options: Unpack[ReadOptionFields],
    ) -> Iterator[Reading | Failure]:
        """Read any number of pictures; order, failures and errors are as in ``classify_many``."""
        batches = self.read_batches(sources, concurrency=concurrency, batch_size=batch_size, **options)
        return (result for results in batches for result in results)

    def read_batches(
        self,
        sources: Iterable[Source],
        *,
        concurrency: int = DEFAULT_CONCURRENCY,
        batch_size: int = READ_BATCH_SIZE,
        **options: Unpack[ReadOptionFields],
    ) -> Iterator[list[Reading | Failure]]:
        """As ``read_many``, but yield one list of results per batch."""
        return self._ask_batches(READ, sources, concurrency, batch_size, Options(**options))

    def correct(
        self, source: Source, label: str, *, model: str = DEFAULT_MODEL, name: str | None = None
    ) -> Correction:
        """Send a picture with its right label, for the next training of the model.

        Args:
            source: the picture, as ``classify`` takes it.
            label: the right one of the model's labels.
            model: the model that was wrong.
            name: the picture's name in the result; otherwise its path.

        Raises:
            NotFound: the service does not keep corrections.
            ClientError: the correction failed for another reason.
        """
        return self._loop.run(lambda: self._client.correct(source, label, model=model, name=name))

    def correct_many(
        self,
        labelled: Iterable[tuple[Source, str]],
        *,
        model: str = DEFAULT_MODEL,
        concurrency: int = DEFAULT_CONCURRENCY,
    ) -> Iterator[Correction | Failure]:
        """Send any number of pictures, each with its right label; yields the results in order.

        Raises:
            ClientError: an error that would fail all other pictures too.
        """

        async def one(pair: tuple[Source, str]) -> Correction | Failure:
            try:
                return await self._client.correct(*pair, model=model)
            except ClientError as error:
                if isinstance(error, (*FAILS_ALL, CorrectionsFull)):
                    raise
                return Failure(source_name(pair[0]), error, pair[0])

        return self._loop.in_order(labelled, check_concurrency(concurrency), one)

    def models(self) -> list[ModelInfo]:
        """List the served models."""
        return self._loop.run(self._client.models)

    def model(self, name: str) -> ModelInfo:
        """Describe a served model, with its card."""
        return self._loop.run(lambda: self._client.model(name))

    def probe(self, path: str) -> None:
        """Ask ``/healthz`` or ``/readyz`` once; raises if the answer is not 200."""
        self._loop.run(lambda: self._client.probe(path))

    def wait_until_ready(self, timeout: float = 60.0) -> None:
        """Return when every model is ready; raises ``TimedOut`` after ``timeout`` seconds."""
        self._loop.run(lambda: self._client.wait_until_ready(timeout))

    def _ask_batches(
        self, verb: Verb[T], sources: Iterable[Source], concurrency: int, batch_size: int, options: Options
    ) -> Iterator[list[T | Failure]]:
        return self._loop.in_order(
            Batcher(batch_size).batches(sources),
            check_concurrency(concurrency),
            lambda batch: self._client.ask_batch(verb, batch, options),
        )
