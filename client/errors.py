"""Every error that the client raises, as one tree.

    ClientError
    ├── SourceError              what was passed is not a readable picture file, bytes, image or array
    ├── ProxyError               a proxy variable of the environment cannot be used
    ├── ServiceUnreachable       no connection, or it broke before the answer was complete
    ├── TimedOut                 the caller's deadline passed
    ├── BadReply                 something answered, but not as the API promises
    └── Problem                  the service reports what is wrong (RFC 9457)
        └── ...                  one class for each problem code, in ``client.problems``

A plain ``Problem`` has a code that this version does not know.
"""

from __future__ import annotations

from typing import ClassVar


class ClientError(Exception):
    """The root of the tree.

    Attributes:
        code: stable machine-readable name.
        detail: a sentence that says what is wrong and what to do.
        retryable: whether the same call may succeed later.
        retry_after: seconds that the service asked to wait, or None.
        request_id: the service's name for the request in its logs, or None.
    """

    code: str = "client_error"
    retryable: bool = False
    retry_after: float | None = None
    request_id: str | None = None

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class SourceError(ClientError):
    """What was passed cannot be read as a picture.

    Attributes:
        position: index of the source within its request, if the file broke while it was being sent.
    """

    code = "unreadable_source"
    position: int | None = None


class ProxyError(ClientError):
    """A proxy variable of the environment cannot be used; the sentence names the variable."""

    code = "unusable_proxy"


class ServiceUnreachable(ClientError):
    """There was no connection, or it broke before the answer was complete."""

    code = "service_unreachable"
    retryable = True


class TimedOut(ClientError):
    """The caller's deadline passed before the answer was complete."""

    code = "timed_out"


class BadReply(ClientError):
    """Something answered, but not as the API promises; most likely it is another service."""

    code = "bad_reply"


class Problem(ClientError):
    """The service reports what is wrong.

    Attributes:
        status: HTTP status.
        title: short title, the same for every problem of this code.
    """

    code = "problem"
    known_status: ClassVar[int | None] = None

    def __init_subclass__(cls, code: str, status: int) -> None:
        cls.code, cls.known_status = code, status

    def __init__(self, detail: str, *, status: int = 0, title: str = "", code: str | None = None) -> None:
        super().__init__(detail)
        self.status = status or self.known_status or 0
        self.title = title or type(self).__name__
        self.code = code or self.code
