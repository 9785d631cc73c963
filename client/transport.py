"""What both clients need from httpx: headers, timeouts, streams, and one table from its errors to ours."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager

import httpx

from client.bodies import Body
from client.calls import Send
from client.errors import ClientError, ServiceUnreachable, TimedOut
from client.replies import Reply

CONNECT_SECONDS = 5.0
SHORTEST_TIMEOUT = 0.001

# In order: the first class that fits says what it means for a caller.
ERRORS: tuple[tuple[type[Exception], type[ClientError], str], ...] = (
    (httpx.ConnectTimeout, ServiceUnreachable, "{url} does not take connections; is the address right?"),
    (httpx.TimeoutException, TimedOut, "{url} did not answer in the time for this call."),
    (httpx.ConnectError, ServiceUnreachable, "{url} cannot be reached ({error}); is the service running?"),
    (httpx.ProxyError, ServiceUnreachable, "the proxy before {url} refused ({error})."),
    (
        httpx.HTTPError,
        ServiceUnreachable,
        "the connection to {url} broke before the answer was complete.",
    ),
    (httpx.InvalidURL, ServiceUnreachable, "{url} is no address to send to ({error})."),
)


class BodyStream(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body for either client; each pass starts from its beginning."""

    def __init__(self, body: Body | None) -> None:
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        if self._body is not None:
            yield from self._body.blocks()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for block in self:
            yield block


def http_request(base: str, send: Send, headers: Mapping[str, str], seconds: float) -> httpx.Request:
    """The request for httpx, with the time left as its timeouts and as the service's own deadline.

    Args:
        base: the service's URL without a closing slash.
        send: what to send.
        headers: those of every request of this client.
        seconds: time left.
    """
    seconds = max(seconds, SHORTEST_TIMEOUT)
    timeout = httpx.Timeout(seconds, connect=min(seconds, CONNECT_SECONDS))
    request = send.request
    url = httpx.URL(base + request.path, params=request.query or None)
    own = {"Host": url.netloc.decode("ascii"), "X-Request-Timeout": f"{seconds:.3f}"}
    if request.body is not None:
        own |= {"Content-Type": request.body.content_type, "Content-Length": str(request.body.length)}
    return httpx.Request(
        request.method,
        url,
        headers={**headers, **own},
        stream=BodyStream(request.body),
        extensions={"timeout": timeout.as_dict()},
    )


def reply_from(response: httpx.Response, content: bytes) -> Reply:
    """The whole reply."""
    return Reply(
        response.status_code, {name.lower(): value for name, value in response.headers.items()}, content
    )


def common_headers(api_key: str | None) -> dict[str, str]:
    """The headers of every request."""
    headers = {"User-Agent": "mnist-classify", "Accept": "application/json, application/problem+json"}
    return {**headers, "Authorization": f"Bearer {api_key}"} if api_key else headers


def tls_for(base: str) -> ssl.SSLContext | bool:
    """How to check certificates; reading the machine's is spared where no TLS is spoken.

    The context for plain HTTP trusts nobody, so that nothing could go unchecked through it.
    """
    return True if base.startswith("https") else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@contextmanager
def translated(base: str) -> Iterator[None]:
    """Turn the errors of httpx within into ours."""
    try:
        yield
    except tuple(theirs for theirs, _, _ in ERRORS) as error:
        for theirs, ours, sentence in ERRORS:
            if isinstance(error, theirs):
                shown = httpx.URL(base).copy_with(userinfo=b"")
                raise ours(sentence.format(url=shown, error=_cause(error))) from error
        raise


def _cause(error: Exception) -> str:
    text = str(error).strip()
    return text.removeprefix("[Errno 111] ") or type(error).__name__
