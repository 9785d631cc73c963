"""Calls with tensors, which are checked against the model's signature and then forwarded unchanged."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from weakref import WeakValueDictionary

from serving.errors import InputError, ModelRefused, NotFound, Overloaded
from serving.gateway.deadline import acquired
from serving.gateway.inference.servables import VersionRegistry
from serving.gateway.model_client.predictor import CallContext, Predictor, Reply
from serving.gateway.names import ModelRef
from serving.gateway.threads import QUICK_BYTES, Threads
from serving.wire.signatures import Signature
from serving.wire.tensors import Array

ATTEMPTS = 3

Convert = Callable[[Signature], Mapping[str, Array]]
"""Converts a request to the inputs of a signature."""


class Forwarder:
    """Forwards tensors, with at most ``max_calls`` concurrent calls per model."""

    def __init__(
        self, servables: VersionRegistry, predictor: Predictor, threads: Threads, max_calls: int
    ) -> None:
        self._servables, self._predictor = servables, predictor
        self._threads, self._max_calls = threads, max_calls
        self._free: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    async def predict(
        self, ref: ModelRef, name: str, convert: Convert, context: CallContext, size: int
    ) -> Reply:
        """Call a signature with the inputs that ``convert`` makes of ``size`` bytes, in a thread if many.

        Raises:
            InputError: there is no such signature, or the inputs do not fit it.
            ServiceError: the call failed.
        """
        for attempt in range(ATTEMPTS):
            signatures = await self._servables.signatures(ref, context)
            if name not in signatures.by_name:
                known = ", ".join(sorted(signatures.by_name))
                raise InputError(f"The model has no signature of this name; it has {known}.")
            work = partial(convert, signatures.by_name[name])
            inputs = work() if size <= QUICK_BYTES else await self._threads.run(context.deadline, work)
            try:
                reply = await self._send(ref, name, inputs, context)
            except NotFound as error:
                raise await self._servables.missing(ref, context) from error
            except ModelRefused as error:
                # A version with other signatures may have replaced the one whose signatures were read.
                fresh = await self._servables.fresh_signatures(ref, context)
                if fresh.version == signatures.version or attempt == ATTEMPTS - 1:
                    detail = "The inputs fit the model's signature, yet the model refused them."
                    raise InputError(detail) from error
            else:
                if reply.version != signatures.version:
                    self._servables.forget(ref)
                return reply
        raise AssertionError("the last attempt returns or raises")

    async def _send(
        self, ref: ModelRef, name: str, inputs: Mapping[str, Array], context: CallContext
    ) -> Reply:
        free = self._free.setdefault(ref.name, asyncio.Semaphore(self._max_calls))
        if not await acquired(free, context.deadline.remaining()):
            raise Overloaded("Too many calls are under way. Try again soon.")
        try:
            return await self._predictor.predict(ref, name, inputs, context)
        finally:
            free.release()
