"""Drives operations over httpx, with await."""

from __future__ import annotations

import asyncio
from typing import TypeVar

import httpx

from client.calls import Conversation, Operation, Send, Wait
from client.errors import ClientError
from client.gathering import Gathering
from client.operations import Operations
from client.replies import Reply
from client.requests import DEFAULT_URL, base_url
from client.retry import RetryPolicy
from client.transport import common_headers, http_request, reply_from, tls_for, translated

T = TypeVar("T")


class AsyncDriver:
    """Owns the connections; see ``client.Client`` for the arguments."""

    def __init__(
        self,
        url: str = DEFAULT_URL,
        api_key: str | None = None,
        *,
        timeout: float = 30.0,
        retries: int | RetryPolicy = 4,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._base = base_url(url)
        self._headers = common_headers(api_key)
        policy = retries if isinstance(retries, RetryPolicy) else RetryPolicy(retries)
        self._operations = Operations(policy, timeout)
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
        self._http = httpx.AsyncClient(verify=tls_for(self._base), limits=limits, transport=transport)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def run(self, operation: Operation[T]) -> T:
        """Drive an operation to its end."""
        conversation = Conversation(operation)
        while (effect := conversation.effect) is not None:
            try:
                reply = await (
                    self._send(effect) if isinstance(effect, Send) else asyncio.sleep(effect.seconds)
                )
            except ClientError as error:
                conversation.fail(error)
            else:
                conversation.answer(reply)
        return conversation.result

    async def _perform(self, effect: Send | Wait) -> Reply | None:
        if isinstance(effect, Send):
            return await self._send(effect)
        await asyncio.sleep(effect.seconds)
        return None

    async def _send(self, send: Send) -> Reply:
        clock = self._operations.clock
        request = http_request(self._base, send, self._headers, send.deadline - clock())
        gathering = Gathering(send.deadline, clock)
        with translated(self._base):
            response = await self._http.send(request, stream=True)
            try:
                async for block in response.aiter_bytes():
                    gathering.add(block)
            finally:
                await response.aclose()
        return reply_from(response, gathering.content())
