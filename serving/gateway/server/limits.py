"""How long the server waits, and how much it holds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ServerLimits:
    """Bounds of one worker process; times in seconds, sizes in bytes."""

    head_seconds: float = 10.0  # from a request's first byte, or from connecting, to the end of its headers
    request_seconds: float = 30.0  # from a request's first byte to its last
    idle_seconds: float = 75.0  # between two requests on one connection
    response_seconds: float = 30.0  # for a reader to take an answer, plus its bytes / 10,000
    drain_seconds: float = 2.0  # between failing readiness and closing the port, once told to stop
    grace_seconds: float = 30.0  # for requests in flight to finish, once the port is closed
    head_bytes: int = 32_768  # the request line and headers of one request
    line_bytes: int = 4_096  # the request line's target
    header_fields: int = 100  # header fields of one request
    request_bytes: int = 64_000_000  # the body of one request, without chunk framing
    memory_bytes: int = 64_000_000  # bodies in memory, of all requests; further bytes go to temporary files
    buffered_bytes: int = 512_000_000  # bodies of all requests, in memory or in files
    unsent_bytes: int = 64_000_000  # answers that readers have not taken, of all connections
    connections: int = 2_048  # open connections; beyond them, the longest idle are closed
    queued: int = 256  # admitted requests that are not answered yet; more wait, and are refused with 429
    wait_seconds: float = 0.05  # how long a request waits for one of these places
