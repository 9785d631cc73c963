"""Problem documents (RFC 9457) as exceptions: the code picks the class, or else the status."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from client import problems
from client.errors import BadReply, ClientError, Problem
from client.retry import retry_after_seconds

# Answers of proxies and servers in front of the gateway, which send no problem document.
_RETRYABLE_STATUSES = frozenset({408, 425, 429, 502, 503, 504})


def problem_from_reply(status: int, headers: Mapping[str, str], content: bytes) -> ClientError:
    """The exception for an answer that is not a success."""
    if status < 400:
        where = f" It points to {headers['location']!r}." if "location" in headers else ""
        return BadReply(f"the service answered with status {status}.{where}")
    body = _document(headers, content)
    problem = _problem(body, status)
    problem.retry_after = retry_after_seconds(headers.get("retry-after"))
    problem.request_id = problem.request_id or headers.get("x-request-id")
    return problem


def problem_from_entry(body: Mapping[str, Any]) -> Problem:
    """The exception for one picture of a request that succeeded for others."""
    return _problem(body, int(body["status"]))


def _problem(body: Mapping[str, Any], status: int) -> Problem:
    code = body.get("code")
    detail = str(body.get("detail") or body.get("title") or f"the service answered with status {status}")
    problem = _class_for(code, status)(
        detail, status=status, title=str(body.get("title") or ""), code=str(code) if code else None
    )
    problem.retryable = bool(body.get("retryable", status in _RETRYABLE_STATUSES))
    problem.request_id = str(body["request_id"]) if body.get("request_id") else None
    return problem


def _class_for(code: object, status: int) -> type[Problem]:
    classes = [
        found for found in vars(problems).values() if isinstance(found, type) and issubclass(found, Problem)
    ]
    by_code = [found for found in classes if found.code == code]
    by_status = [found for found in classes if found.known_status == status]
    return (by_code or by_status or [Problem])[0]


def _document(headers: Mapping[str, str], content: bytes) -> dict[str, Any]:
    if "json" not in headers.get("content-type", ""):
        return {}
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}
