"""What the gateway knows about the current request: its ids, its caller, its model and its times."""

from __future__ import annotations

import random
import re
import time
from typing import cast

from flask import Request, g

from serving.gateway.server.environ import ARRIVED
from serving.gateway.telemetry.stages import Stages

_REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+=@-]{0,127}")
_TRACEPARENT = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})")


class RequestState:
    """One request.

    Attributes:
        request_id: the caller's ``X-Request-ID`` if it is well-formed, or one made here.
        traceparent: this hop of the caller's trace, or of a new one that is not recorded (W3C Trace Context).
        arrived: when its first byte arrived, on the monotonic clock.
        started: when it was complete and admitted, on the same clock.
        model: the model's name, once it is known to exist.
        version: the version that answered.
        run_id: the run that trained that version, if its card was read.
        images: number of pictures sent.
        key: the name of the API key, or an empty string.
        error: the code of the error that ended the request, or an empty string.
        stages: see ``Stages``.
    """

    __slots__ = (
        "arrived", "error", "images", "key", "model", "request_id", "run_id", "stages", "started",
        "traceparent", "version",
    )  # fmt: skip

    def __init__(self, request: Request) -> None:
        self.started = time.monotonic()
        self.arrived = request.environ.get(ARRIVED) or self.started
        given = request.headers.get("X-Request-ID", "")
        self.request_id = given if given and _REQUEST_ID.fullmatch(given) else new_id(16)
        trace = _TRACEPARENT.fullmatch(request.headers.get("traceparent", ""))
        trace_id, flags = trace.groups() if trace else (new_id(16), "00")
        self.traceparent = f"00-{trace_id}-{new_id(8)}-{flags}"
        self.model = self.run_id = self.key = self.error = ""
        self.version = self.images = 0
        self.stages = Stages()

    def seconds(self) -> float:
        """Seconds since the request was complete; a slow upload does not count as a slow gateway."""
        return time.monotonic() - self.started


def current() -> RequestState:
    """The state of the current request."""
    return cast(RequestState, g.request_state)


def new_id(size: int) -> str:
    """Random bytes, not all zero, as hexadecimal digits. They identify; they are no secret.

    The operating system's random source would release the interpreter lock three times per request.
    """
    return f"{random.getrandbits(8 * size) or 1:0{2 * size}x}"
