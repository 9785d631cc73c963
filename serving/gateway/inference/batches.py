"""Batches: joining the pictures of several requests, and distributing the reply to them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from serving.errors import ModelError, ServiceError
from serving.gateway.model_client.predictor import CallContext, Reply

Pictures = NDArray[np.uint8]


class BatchRequest:
    """One request's pictures, waiting for a batch or in one.

    Attributes:
        pictures: uint8 ``[N, 28, 28]``.
        context: the request's deadline and ids.
        outcome: its share of the reply, the error of its call, or None if it is out of time.
        sent_at: when it was taken for a call, on the monotonic clock; 0.0 while it waits.
    """

    __slots__ = ("context", "outcome", "pictures", "sent_at")

    def __init__(self, pictures: Pictures, context: CallContext) -> None:
        self.pictures, self.context = pictures, context
        self.outcome: asyncio.Future[Reply | ServiceError | None] = asyncio.get_running_loop().create_future()
        self.sent_at = 0.0

    @property
    def size(self) -> int:
        """Number of pictures."""
        return len(self.pictures)

    def finish(self, outcome: Reply | ServiceError | None = None) -> None:
        """Wake the request, if it still waits, with its outcome."""
        if not self.outcome.done():
            self.outcome.set_result(outcome)


def join(batch: Sequence[BatchRequest]) -> tuple[Pictures, CallContext]:
    """The pictures of a batch, and the context of their call: the latest deadline and all ids."""
    if len(batch) == 1:
        return batch[0].pictures, batch[0].context
    contexts = [request.context for request in batch]
    ids = [request_id for context in contexts for request_id in context.request_ids]
    traceparent = next((context.traceparent for context in contexts if context.traceparent), "")
    context = CallContext(max(context.deadline for context in contexts), ids, traceparent)
    return np.concatenate([request.pictures for request in batch]), context


def distribute(batch: Sequence[BatchRequest], reply: Reply) -> None:
    """Give each request its rows of the outputs.

    Raises:
        ModelError: an output does not have one row per picture.
    """
    total = sum(request.size for request in batch)
    for name, output in reply.outputs.items():
        if output.ndim < 1 or output.shape[0] != total:
            raise ModelError(f"The model answered {list(output.shape)} as {name} for {total} pictures.")
    start = 0
    for request in batch:
        rows = slice(start, start + request.size)
        start += request.size
        request.finish(Reply(reply.version, {name: output[rows] for name, output in reply.outputs.items()}))
