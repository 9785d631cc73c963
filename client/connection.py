"""The connection to one service: requests over httpx, bounded in time and size, repeated where that helps."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from functools import partial
from time import monotonic

import anyio
import httpx

from client.bodies import Body
from client.errors import ClientError, ServiceUnreachable, TimedOut
from client.problems import problem_from_reply
from client.proxies import EnvironmentProxy, proxy_for
from client.replies import Reply
from client.requests import Request, base_url
from client.retry import RetryPolicy, retried

CONNECT_SECONDS = 5.0
# The longest that the service takes in X-Request-Timeout.
LONGEST_TIMEOUT = 3600.0
LARGEST_REPLY = 64 * 1024 * 1024

# Statuses of 300 and above whose answers hold results.
_WITH_RESULTS = frozenset({422})


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
        self._proxy = None if transport else proxy_for(self._base)
        self._http = httpx.AsyncClient(
            headers=_headers(self._base, api_key),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=None),
            proxy=self._proxy.proxy if self._proxy else None,
            timeout=httpx.Timeout(None, connect=CONNECT_SECONDS),
            transport=transport,
            trust_env=False,
            verify=_tls(self._base),
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def call(
        self,
        request: Request,
        deadline: float | None = None,
        give_up: tuple[type[ClientError], ...] = (),
        policy: RetryPolicy | None = None,
    ) -> Reply:
        """Send until it is answered, or until trying again is pointless.

        Args:
            request: what to send.
            deadline: of ``time.monotonic``; otherwise ``timeout`` seconds from now.
            give_up: errors after which the same request is never sent again.
            policy: in place of the connection's own.

        Raises:
            ClientError: why the last try failed.
        """
        end = monotonic() + self.timeout if deadline is None else deadline
        return await retried(
            partial(self._try, request, end),
            policy or self.policy,
            seconds=end - monotonic(),
            reached=lambda: self.reached,
            give_up=give_up,
        )

    async def _try(self, request: Request, deadline: float) -> Reply:
        seconds = deadline - monotonic()
        if seconds <= 0:
            raise TimedOut("the time for this call was over before it could be sent.")
        try:
            with self._translated(), anyio.fail_after(seconds):
                reply = await self._exchange(request, seconds)
        except TimeoutError as error:
            raise TimedOut(f"{self._shown} did not answer in the time for this call.") from error
        self.reached = True
        if reply.status >= 300 and reply.status not in _WITH_RESULTS:
            raise problem_from_reply(reply.status, reply.headers, reply.content)
        return reply

    async def _exchange(self, request: Request, seconds: float) -> Reply:
        headers = {"X-Request-Timeout": f"{min(max(seconds, 0.001), LONGEST_TIMEOUT):.3f}"}
        if request.body is not None:
            headers["Content-Type"] = request.body.content_type
            headers["Content-Length"] = str(request.body.length)
        stream = self._http.stream(
            request.method,
            self._base + request.path,
            params=request.query or None,
            headers=headers,
            content=_blocks(request.body) if request.body else None,
        )
        async with stream as response:
            content = await self._content(response)
        return Reply(response.status_code, dict(response.headers.items()), content)

    async def _content(self, response: httpx.Response) -> bytes:
        blocks, size = [], 0
        async for block in response.aiter_bytes():
            blocks.append(block)
            size += len(block)
            if size > LARGEST_REPLY:
                raise ServiceUnreachable(f"the answer has more than {LARGEST_REPLY:,} bytes.")
        return b"".join(blocks)

    @property
    def _shown(self) -> str:
        """The service's URL without the password that it may hold."""
        return str(httpx.URL(self._base).copy_with(userinfo=b""))

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn the errors of httpx into ours."""
        try:
            yield
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ServiceUnreachable(_sentence(error, self._shown, self._proxy)) from error


def _sentence(error: Exception, url: str, proxy: EnvironmentProxy | None) -> str:
    cause = str(error).strip().removeprefix("[Errno 111] ") or type(error).__name__
    if proxy is not None and isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError)):
        address = proxy.proxy.url.copy_with(userinfo=b"")
        return f"the proxy {address} that {proxy.variable} names does not connect to {url} ({cause})."
    if isinstance(error, httpx.ConnectTimeout):
        return f"{url} does not take connections; is the address right?"
    if isinstance(error, httpx.ConnectError):
        return f"{url} cannot be reached ({cause}); is the service running?"
    if isinstance(error, httpx.InvalidURL):
        return f"{url} is no address to send to ({cause})."
    return f"the connection to {url} broke before the answer was complete."


async def _blocks(body: Body) -> AsyncIterator[bytes]:
    for block in body.blocks():
        yield block


def _headers(base: str, api_key: str | None) -> dict[str, str]:
    headers = {
        "Accept": "application/json, application/problem+json",
        "Host": httpx.URL(base).netloc.decode("ascii"),
        "User-Agent": "mnist-classify",
    }
    return {**headers, "Authorization": f"Bearer {api_key}"} if api_key else headers


def _tls(base: str) -> ssl.SSLContext:
    """The machine's certificates for https. Reading them takes time, so plain HTTP trusts none."""
    return httpx.create_ssl_context() if base.startswith("https") else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
