"""How long the server waits, and how much it holds."""

from __future__ import annotations

from dataclasses import dataclass, field

PROBES = frozenset({"/healthz", "/readyz", "/metrics", "/v2/health/live", "/v2/health/ready"})
SLOWEST_READER = 10_000
"""Bytes per second that a reader must take on average."""


@dataclass(frozen=True)
class ServerLimits:
    """Bounds of one worker process; times in seconds, sizes in bytes.

    Attributes:
        head_seconds: from a request's first byte, or from connecting, to the end of its headers.
        request_seconds: from a request's first byte to its last.
        idle_seconds: between two requests on one connection.
        response_seconds: for a reader to take an answer, plus one second per ``SLOWEST_READER`` bytes.
        drain_seconds: between failing readiness and closing the port, once told to stop.
        grace_seconds: for requests in flight to finish, once the port is closed.
        head_bytes: the request line and headers of one request.
        line_bytes: the request line's target.
        header_fields: header fields of one request.
        request_bytes: the body of one request, without chunk framing.
        memory_bytes: bodies kept in memory, of all requests; further bytes go to temporary files.
        buffered_bytes: bodies of all requests, in memory or in files.
        unsent_bytes: answers that readers have not taken, of all connections.
        connections: open connections; beyond them, the longest idle are closed.
        queued: admitted requests that are not answered yet; more wait, and are refused with 429.
        wait_seconds: how long a request waits for one of these places.
        always_admitted: paths that are never refused with 429, so that probes are answered under load.
    """

    head_seconds: float = 10.0
    request_seconds: float = 30.0
    idle_seconds: float = 75.0
    response_seconds: float = 30.0
    drain_seconds: float = 2.0
    grace_seconds: float = 30.0
    head_bytes: int = 32_768
    line_bytes: int = 4_096
    header_fields: int = 100
    request_bytes: int = 64_000_000
    memory_bytes: int = 64_000_000
    buffered_bytes: int = 512_000_000
    unsent_bytes: int = 64_000_000
    connections: int = 2_048
    queued: int = 256
    wait_seconds: float = 0.05
    always_admitted: frozenset[str] = field(default=PROBES)
