"""Batches: joining the pictures of several requests, and distributing the reply to them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from serving.errors import ModelError, ServiceError
from serving.gateway.deadline import Deadline
from serving.gateway.model_client.predictor import CallContext, Reply

Pictures = NDArray[np.uint8]


class BatchRequest:
    """One request's pictures, waiting for a batch or in one.

    Attributes:
        pictures: uint8 ``[N, 28, 28]``.
        context: the request's deadline and ids.
        sent_at: when the call was made, on the monotonic clock; 0.0 until then.
    """

    __slots__ = ("context", "done", "error", "pictures", "queued", "reply", "sent_at")

    def __init__(self, pictures: Pictures, context: CallContext) -> None:
        self.pictures = pictures
        self.context = context
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.reply: Reply | None = None
        self.error: ServiceError | None = None
        self.queued = False
        self.sent_at = 0.0

    @property
    def size(self) -> int:
        """Number of pictures."""
        return len(self.pictures)

    @property
    def deadline(self) -> Deadline:
        """When the request stops waiting."""
        return self.context.deadline

    def finish(self) -> None:
        """Wake the request: it is answered, has failed, or is out of time."""
        if not self.done.done():
            self.done.set_result(None)


def join(batch: Sequence[BatchRequest]) -> tuple[Pictures, CallContext]:
    """The pictures of a batch, and the context of their call: the latest deadline and all ids."""
    if len(batch) == 1:
        return batch[0].pictures, batch[0].context
    pictures = np.concatenate([request.pictures for request in batch])
    ids = [request_id for request in batch for request_id in request.context.request_ids]
    traceparent = next((each.context.traceparent for each in batch if each.context.traceparent), "")
    return pictures, CallContext(max(request.deadline for request in batch), ids, traceparent)


def fail(batch: Sequence[BatchRequest], error: ServiceError) -> None:
    """Give each request a copy of the error that ended their call."""
    for request in batch:
        request.error = error.again()


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
        request.reply = Reply(reply.version, {name: output[rows] for name, output in reply.outputs.items()})
