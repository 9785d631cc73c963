"""Calls that callers make in tensors: checked against the model's signature, then sent on as they are."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from serving.errors import InputError, NotFound
from serving.gateway.errors import ModelRefused, Overloaded
from serving.gateway.inference.servables import Servables
from serving.gateway.model_client.predictor import CallContext, Predictor, Reply, Signature, Signatures
from serving.gateway.names import ModelRef
from serving.wire.tensors import Array

ATTEMPTS = 3

Convert = Callable[[Signature], Mapping[str, Array]]


class Forwarder:
    """Sends tensors on, no more than so many calls at a time."""

    def __init__(self, servables: Servables, predictor: Predictor, max_calls: int) -> None:
        self._servables, self._predictor = servables, predictor
        self._free = threading.BoundedSemaphore(max_calls)

    def predict(self, ref: ModelRef, name: str, convert: Convert, context: CallContext) -> Reply:
        """Call a signature with what ``convert`` makes of the request for it.

        Raises:
            InputError: there is no such signature, or the inputs do not fit it.
            ServiceError: whatever the call met.
        """
        for attempt in range(ATTEMPTS):
            signatures = self._servables.signatures(ref, context)
            inputs = convert(_named(signatures, name))
            try:
                return self._send(ref, name, inputs, signatures, context)
            except NotFound as error:
                raise self._servables.missing(ref, context) from error
            except ModelRefused as error:
                # A version with other signatures may have taken over since they were asked for.
                fresh = self._servables.fresh_signatures(ref, context)
                if fresh.version == signatures.version or attempt == ATTEMPTS - 1:
                    detail = "The inputs fit the model's signature, yet the model refused them."
                    raise InputError(detail) from error
        raise AssertionError("the last attempt returns or raises")

    def _send(
        self,
        ref: ModelRef,
        name: str,
        inputs: Mapping[str, Array],
        signatures: Signatures,
        context: CallContext,
    ) -> Reply:
        if not self._free.acquire(timeout=context.deadline.remaining()):
            raise Overloaded("Too many calls are under way. Try again soon.")
        try:
            reply = self._predictor.predict(ref, name, inputs, context)
        finally:
            self._free.release()
        if reply.version != signatures.version:
            self._servables.forget(ref)
        return reply


def _named(signatures: Signatures, name: str) -> Signature:
    signature = signatures.by_name.get(name)
    if signature is None:
        known = ", ".join(sorted(signatures.by_name))
        raise InputError(f"The model has no signature of this name; it has {known}.")
    return signature
