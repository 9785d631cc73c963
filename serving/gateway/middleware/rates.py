"""How often one caller may call: counted for each key, or for each address where there are no keys."""

from __future__ import annotations

import ipaddress
import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from flask import Flask, g, request

from serving.gateway.middleware import groups
from serving.gateway.middleware import request_state as state
from serving.gateway.middleware.addresses import client_address
from serving.gateway.settings.settings import Settings

if TYPE_CHECKING:
    from flask_limiter import Limiter, RequestLimit

SET_BACK_SECONDS = 1.0


def register(app: Flask, settings: Settings) -> None:
    """Limit the rate of calls, if the settings say so; health, metrics and the page are not counted."""
    if not settings.rate_limit:
        return
    # Loaded only where it is used: it takes half a second.
    from flask_limiter import Limiter

    trusted = [ipaddress.ip_network(network) for network in settings.trusted_proxies]

    def caller() -> str:
        key = state.current().key
        if key:
            return f"key:{key}"
        forwarded = request.headers.get("X-Forwarded-For")
        return f"address:{client_address(request.remote_addr, forwarded, trusted)}"

    limiter = Limiter(
        caller,
        application_limits=[settings.rate_limit],
        application_limits_exempt_when=lambda: request.method == "OPTIONS",
        storage_uri=settings.rate_limit_storage,
        strategy="fixed-window",
        on_breach=_note_wait,
        # A shared store that is away costs precision, not service: each worker then counts for itself.
        in_memory_fallback_enabled=not settings.rate_limit_storage.startswith("memory:"),
    )
    limiter.request_filter(lambda: groups.of(request) != groups.API)
    if settings.rate_limit_storage.startswith("memory:"):
        app.before_request(_start_anew_when_set_back(limiter))
    limiter.init_app(app)


def _start_anew_when_set_back(limiter: Limiter) -> Callable[[], None]:
    """Forget the counts when the wall clock is set back.

    The library dates the end of a window by that clock: a caller at its limit would be shut out for as long
    as the clock went back.
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
