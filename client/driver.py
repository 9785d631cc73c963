"""Drives operations over httpx, blocking."""

from __future__ import annotations

import time
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


class Driver:
    """Owns the connections; see ``client.Client`` for the arguments."""

    def __init__(
        self,
        url: str = DEFAULT_URL,
        api_key: str | None = None,
        *,
        timeout: float = 30.0,
        retries: int | RetryPolicy = 4,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._base = base_url(url)
        self._headers = common_headers(api_key)
        policy = retries if isinstance(retries, RetryPolicy) else RetryPolicy(retries)
        self._operations = Operations(policy, timeout)
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
        self._http = httpx.Client(verify=tls_for(self._base), limits=limits, transport=transport)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def run(self, operation: Operation[T]) -> T:
        """Drive an operation to its end."""
        conversation = Conversation(operation)
        while (effect := conversation.effect) is not None:
            try:
                reply = self._perform(effect)
            except ClientError as error:
                conversation.fail(error)
            else:
                conversation.answer(reply)
        return conversation.result

    def _perform(self, effect: Send | Wait) -> Reply | None:
        if isinstance(effect, Send):
            return self._send(effect)
        time.sleep(effect.seconds)
        return None

    def _send(self, send: Send) -> Reply:
        clock = self._operations.clock
        request = http_request(self._base, send, self._headers, send.deadline - clock())
        gathering = Gathering(send.deadline, clock)
        with translated(self._base):
            response = self._http.send(request, stream=True)
            try:
                for block in response.iter_bytes():
                    gathering.add(block)
            finally:
                response.close()
        return reply_from(response, gathering.content())
