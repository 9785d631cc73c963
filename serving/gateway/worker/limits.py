"""How long the worker waits and how much it holds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds of one worker process; times in seconds, sizes in bytes.

    Attributes:
        head_seconds: from a request's first byte (or from connecting) to the end of its headers.
        request_seconds: from a request's first byte to its last.
        response_seconds: for a reader to take an answer, plus one second per ``SLOWEST_READER`` bytes.
        drain_seconds: between readiness failing and the port closing, once told to stop.
        head_bytes: request line and headers of one request.
        request_bytes: body of one request, chunk framing not counted.
        spool_bytes: bytes of one body kept in memory; a longer body goes to a temporary file.
        memory_bytes: bytes of all bodies kept in memory; once over it, all but small bodies go to files.
        buffered_bytes: bodies of all requests at a time, in memory or in files.
        unsent_bytes: answers that readers have not taken yet, of all connections together.
        queued: whole requests waiting for a thread, or for the model in fibers; more are refused with 429.
        light_paths: how paths end whose requests are answered on the loop, in fibers: the application answers
            them without computing for long here, and waits only through ``serving.gateway.fibers``.
        light_bytes: the longest body of such a request; a longer one goes to a thread.
        always_queued: paths that are never refused for that, so that probes are answered under load.
    """

    head_seconds: float = 10.0
    request_seconds: float = 30.0
    response_seconds: float = 30.0
    drain_seconds: float = 2.0
    head_bytes: int = 32_768
    request_bytes: int = 64_000_000
    spool_bytes: int = 1_000_000
    memory_bytes: int = 64_000_000
    buffered_bytes: int = 512_000_000
    unsent_bytes: int = 64_000_000
    queued: int = 256
    light_paths: tuple[str, ...] = ()
    light_bytes: int = 4096
    always_queued: frozenset[str] = frozenset({"/healthz", "/readyz", "/metrics"})


SLOWEST_READER = 10_000
"""Bytes a second that a reader must take on average to be waited for."""

SMALL_BODY = 16_384
"""A body of at most this many bytes stays in memory, and is taken, whatever else is being uploaded."""
