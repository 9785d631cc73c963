"""The errors that the client raises, as one tree.

    ClientError
    ├── SourceError              the source is not a readable picture file, bytes, image or array
    ├── ProxyError               a proxy variable of the environment is unusable
    ├── CertificateError         the trusted certificates for https cannot be loaded
    ├── ServiceUnreachable       the connection failed or broke before the answer was complete
    ├── TimedOut                 the caller's deadline passed
    ├── BadReply                 the answer does not follow the API
    └── Problem                  the service reports a problem (RFC 9457)
        └── ...                  one class per problem code, in ``client.problems``

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
        request_id: the ID of the request in the service's logs, or None.
    """

    code: str = "client_error"
    retryable: bool = False
    retry_after: float | None = None
    request_id: str | None = None

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class SourceError(ClientError):
    """The source cannot be read as a picture.

    Attributes:
        position: index of the source within its request, if reading failed during the upload.
    """

    code = "unreadable_source"
    position: int | None = None


class ProxyError(ClientError):
    """A proxy variable of the environment is unusable; ``detail`` names the variable."""

    code = "unusable_proxy"


class CertificateError(ClientError):
    """The trusted certificates for https cannot be loaded; ``detail`` names the variables."""

    code = "unusable_certificates"


class ServiceUnreachable(ClientError):
    """The connection failed or broke before the answer was complete."""

    code = "service_unreachable"
    retryable = True


class TimedOut(ClientError):
    """The caller's deadline passed before the answer was complete."""

    code = "timed_out"


class BadReply(ClientError):
    """The answer does not follow the API; most likely another service answered."""

    code = "bad_reply"


class Problem(ClientError):
    """The service reports a problem.

    Attributes:
        status: HTTP status.
        title: short title, the same for every problem with this code.
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
