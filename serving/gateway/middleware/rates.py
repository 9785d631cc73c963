"""Rate limits per API key, or per client address if there are no keys.

This is imported only if the settings set a limit, because Flask-Limiter takes half a second to import.
Requests are counted in each worker's memory, or in a Redis that all workers share. While Redis does not
answer, each worker counts on its own: the limit becomes less exact, but requests are still answered.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from contextvars import copy_context
from functools import partial
from typing import Any

from flask import Flask, g, request
from flask_limiter import Limiter, RequestLimit

from serving.gateway.deadline import Deadline
from serving.gateway.middleware import groups
from serving.gateway.middleware import request_state as state
from serving.gateway.server import bridge
from serving.gateway.services import services
from serving.gateway.settings.settings import Settings

log = logging.getLogger(__name__)

SET_BACK_SECONDS = 1.0
STORE_SECONDS = 0.25
"""How long a request waits for the shared store before its worker counts for itself."""


def register(app: Flask, settings: Settings) -> None:
    """Limit the rate of API calls; preflight requests, health, metrics and the page are exempt."""
    shared = not settings.rate_limit_storage.startswith("memory:")
    if not shared:
        log.info(
            "rates are counted in each worker's memory: with %d workers, up to %d times %s get through; "
            "GATEWAY_RATE_LIMIT_STORAGE=redis://HOST:PORT counts them in one place",
            settings.workers,
            settings.workers,
            settings.rate_limit,
        )
    limiter = _limiter(app, settings, shared)
    count = app.before_request_funcs[None].pop()  # as it is, the library's hook would count every request
    reset_when_set_back = _reset_when_set_back(limiter)

    def check() -> None:
        if request.method == "OPTIONS" or groups.of(request) != groups.API:
            return
        if not shared:
            reset_when_set_back()
            count()
            return
        # In a thread, because the store's client would block the event loop.
        deadline = Deadline.after(settings.deadline_seconds)
        bridge.wait_for(services().threads.run(deadline, partial(copy_context().run, count)))

    app.before_request(check)


def _limiter(app: Flask, settings: Settings, shared: bool) -> Limiter:
    return Limiter(
        _caller,
        app=app,
        application_limits=[settings.rate_limit],
        storage_uri=settings.rate_limit_storage,
        storage_options=_redis_options() if shared else {},
        strategy="fixed-window",
        on_breach=_note_wait,
        in_memory_fallback_enabled=shared,
    )


def _caller() -> str:
    key = state.current().key
    return f"key:{key}" if key else f"address:{request.remote_addr}"


def _redis_options() -> dict[str, Any]:
    """Options of the Redis client that limit how long a request waits for the store.

    The defaults suit longer jobs: 5 s for an answer, and ten retries with growing pauses. Here, a closed
    connection is reopened at once, and a store that does not answer is given up.
    """
    from redis.backoff import NoBackoff
    from redis.exceptions import ConnectionError as NoConnection
    from redis.retry import Retry

    return {
        "socket_connect_timeout": STORE_SECONDS,
        "socket_timeout": STORE_SECONDS,
        "retry": Retry(NoBackoff(), retries=1, supported_errors=(NoConnection,)),
    }


def _reset_when_set_back(limiter: Limiter) -> Callable[[], None]:
    """Reset the counts when the wall clock is set back.

    The library ends a window by that clock. Without a reset, a caller at its limit would be refused for as
    long as the clock was set back.
    """
    lead = time.time() - time.monotonic()

    def check() -> None:
        nonlocal lead
        before, lead = lead, time.time() - time.monotonic()
        if lead < before - SET_BACK_SECONDS:
            limiter.reset()

    return check


def _note_wait(limit: RequestLimit) -> None:
    g.retry_after = max(1, math.ceil(limit.reset_at - time.time()))
