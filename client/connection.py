"""The HTTP connection to a service: requests over httpx, bounded in time and size, with retries."""

from __future__ import annotations

import os
import ssl
from base64 import b64encode
from collections.abc import AsyncIterator
from time import monotonic
from typing import cast

import anyio
import httpx
import tenacity

from client.errors import CertificateError, ClientError, ServiceUnreachable, TimedOut
from client.problems import TooLarge, problem_from_reply
from client.proxies import EnvironmentProxy, proxy_for
from client.replies import Reply
from client.requests import Body, Request, base_url, shown_url
from client.retry import RetryPolicy

CONNECT_SECONDS = 5.0
# The longest that the service accepts in X-Request-Timeout.
LONGEST_TIMEOUT = 3600.0
LARGEST_REPLY = 64 * 1024 * 1024
ONCE = RetryPolicy(retries=0)
# A service may close the connection in the middle of a body of this size, and its refusal is then lost.
LARGE_BODY = 8 * 1024 * 1024
LARGE_TRIES = 2

_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
# 422 reports a reason for each picture of a request.
_WITH_RESULTS = frozenset({200, 422})
_TIMEOUTS = {"timeout": httpx.Timeout(None, connect=CONNECT_SECONDS).as_dict()}


class Connection:
    """Sends requests to one service; see ``client.Client`` for the arguments.

    Attributes:
        timeout: seconds for one call.
        policy: when to try again.
        reached: whether the service has ever answered.
    """

    def __init__(
        self,
        url: str,
        api_key: str | None,
        timeout: float,
        retries: int | RetryPolicy,
        transport: httpx.AsyncBaseTransport | None,
    ) -> None:
        self.timeout = timeout
        self.policy = retries if isinstance(retries, RetryPolicy) else RetryPolicy(retries)
        self.reached = False
        self._base = base_url(url)
        self._shown = shown_url(self._base)
        self._headers = _headers(self._base, api_key)
        self._proxy = None if transport else proxy_for(self._base)
        self._transport = transport or httpx.AsyncHTTPTransport(
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=None),
            proxy=self._proxy.proxy if self._proxy else None,
            trust_env=False,
            verify=_tls(self._base),
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.aclose()

    async def call(
        self,
        request: Request,
        deadline: float | None = None,
        give_up: tuple[type[ClientError], ...] = (),
        policy: RetryPolicy | None = None,
    ) -> Reply:
        """Send the request until it is answered or until another try is pointless.

        Args:
            request: the request.
            deadline: on the clock of ``time.monotonic``; otherwise ``timeout`` seconds from now.
            give_up: errors after which the request is never repeated.
            policy: replaces the policy of the connection.

        Raises:
            TooLarge: the service repeatedly broke the connection during a large body, and answers otherwise.
            ClientError: why the last try failed.
        """
        end = monotonic() + self.timeout if deadline is None else deadline
        chosen, too_late = policy or self.policy, tenacity.stop_before_delay(end - monotonic())

        def stop(state: tenacity.RetryCallState) -> bool:
            return too_late(state) or not chosen.allows(_error(state), state.attempt_number, self.reached)

        retrying = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception(
                lambda error: isinstance(error, ClientError) and not isinstance(error, give_up)
            ),
            stop=stop,
            wait=lambda state: chosen.wait(_error(state), state.attempt_number),
            reraise=True,
        )
        return await retrying(_Sending(self, request).attempt, end)

    async def is_there(self) -> bool:
        """Whether the service answers at all."""
        try:
            await self.attempt(Request("GET", "/healthz"), monotonic() + CONNECT_SECONDS)
        except (ServiceUnreachable, TimedOut):
            return False
        except ClientError:
            return True
        return True

    async def attempt(self, request: Request, deadline: float) -> Reply:
        """Send the request once; raises as ``call``."""
        seconds = deadline - monotonic()
        if seconds <= 0:
            raise TimedOut("the deadline passed before the request could be sent.")
        try:
            with anyio.fail_after(seconds):
                reply = await self._exchange(request, seconds)
        except TimeoutError as error:
            raise TimedOut(f"{self._shown} did not answer before the deadline.") from error
        except httpx.HTTPError as error:
            raise ServiceUnreachable(_explain(error, self._shown, self._proxy)) from error
        self.reached = True
        if reply.status not in _WITH_RESULTS:
            raise problem_from_reply(reply.status, reply.headers, reply.content)
        return reply

    async def _exchange(self, request: Request, seconds: float) -> Reply:
        # httpx.AsyncClient would add cookies and redirects, which the API does not use.
        response = await self._transport.handle_async_request(self._http_request(request, seconds))
        try:
            blocks, size = [], 0
            async for block in response.aiter_bytes():
                blocks.append(block)
                size += len(block)
                if size > LARGEST_REPLY:
                    raise ServiceUnreachable(f"the answer has more than {LARGEST_REPLY:,} bytes.")
        finally:
            await response.aclose()
        return Reply(response.status_code, dict(response.headers.items()), b"".join(blocks))

    def _http_request(self, request: Request, seconds: float) -> httpx.Request:
        limit = min(max(seconds, 0.001), LONGEST_TIMEOUT)
        headers = [*self._headers.items(), ("X-Request-Timeout", f"{limit:.3f}")]
        if request.body is not None:
            headers.append(("Content-Type", request.body.content_type))
            headers.append(("Content-Length", str(request.body.length)))
        return httpx.Request(
            request.method,
            self._base + request.path,
            params=request.query or None,
            headers=headers,
            content=_blocks(request.body) if request.body else None,
            extensions=_TIMEOUTS,
        )


class _Sending:
    """The tries of one request.

    A service that refuses a large body may close the connection while it arrives, which loses the answer. It
    is then asked whether it is there. If so, the request is not repeated for long, and fails alone.
    """

    def __init__(self, connection: Connection, request: Request) -> None:
        self._connection, self._request = connection, request
        self._size = request.body.length if request.body else 0
        self._refused = 0

    async def attempt(self, deadline: float) -> Reply:
        """Try once; raises as ``Connection.call``."""
        try:
            return await self._connection.attempt(self._request, deadline)
        except ServiceUnreachable as error:
            if self._size < LARGE_BODY or not await self._connection.is_there():
                raise
            self._refused += 1
            if self._refused < LARGE_TRIES:
                raise
            raise TooLarge(
                f"the service closes the connection during a request of {self._size:,} bytes, "
                "most likely because it accepts less; send a smaller picture."
            ) from error


def _error(state: tenacity.RetryCallState) -> ClientError:
    """The error of the last try; nothing else is retried."""
    return cast("ClientError", state.outcome and state.outcome.exception())


def _explain(error: httpx.HTTPError, url: str, proxy: EnvironmentProxy | None) -> str:
    """A sentence for an error of httpx."""
    cause = str(error).strip().removeprefix("[Errno 111] ") or type(error).__name__
    if proxy is not None and isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError)):
        address = proxy.proxy.url.copy_with(userinfo=b"")
        return f"the proxy {address} that {proxy.variable} names does not connect to {url} ({cause})."
    if isinstance(error, httpx.ConnectTimeout):
        return f"{url} does not accept connections; is the address right?"
    if isinstance(error, httpx.ConnectError):
        return f"{url} cannot be reached ({cause}); is the service running?"
    return f"the connection to {url} broke before the answer was complete."


async def _blocks(body: Body) -> AsyncIterator[bytes]:
    for block in body.blocks():
        yield block


def _headers(base: str, api_key: str | None) -> httpx.Headers:
    """The headers of every request. A user name and password in the URL take precedence over the API key."""
    url = httpx.URL(base)
    headers = {
        "Accept": "application/json, application/problem+json",
        "Accept-Encoding": "gzip, deflate",
        "User-Agent": "mnist-classify",
    }
    if api_key:
        headers["Authorization"] = f"Bearer {api_key}"
    if url.userinfo:
        login = b64encode(f"{url.username}:{url.password}".encode())
        headers["Authorization"] = f"Basic {login.decode()}"
    return httpx.Headers(headers)


def _tls(base: str) -> ssl.SSLContext:
    """The machine's certificates for https. Loading them takes time, so plain HTTP trusts none.

    Raises:
        CertificateError: they cannot be loaded.
    """
    if not base.lower().startswith("https"):
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        return httpx.create_ssl_context()
    except OSError as error:
        chosen = next(
            (f"{name}={os.environ[name]}" for name in _CERTIFICATES if os.environ.get(name)), "them"
        )
        raise CertificateError(
            f"the certificates for https cannot be loaded ({error}); correct {chosen}."
        ) from error
