"""Logs as JSON, one object per line: what happened to which request, never what it contained.

Values are written as JSON strings, so that nothing a caller sends can start a new line.
"""

from __future__ import annotations

import logging
import logging.config
import warnings
from datetime import datetime, timezone
from typing import Any

import orjson

from serving.errors import ServiceError
from serving.gateway.middleware.request_state import RequestState

ACCESS = "serving.gateway.access"

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}

access_log = logging.getLogger(ACCESS)


class JsonFormatter(logging.Formatter):
    """Formats a record as one line of JSON, including its ``extra`` fields."""

    def format(self, record: logging.LogRecord) -> str:
        """See ``logging.Formatter``."""
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        given = vars(record)
        fields = given.get("fields")
        entry.update(fields or {name: value for name, value in given.items() if name not in _STANDARD})
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(entry, default=str).decode()


def configuration(level: str) -> dict[str, Any]:
    """The logging configuration (``logging.config.dictConfig``) of a gateway, gunicorn's loggers included."""
    out = {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "json"}
    plain = {"level": level.upper(), "handlers": ["out"], "propagate": False}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": JsonFormatter}},
        "handlers": {"out": out},
        "root": {"level": "WARNING", "handlers": ["out"]},
        "loggers": {
            "serving": plain,
            "gunicorn.error": plain,
            "gunicorn.access": plain,
            # Malformed requests are already in the access log.
            "serving.gateway.server.http": {"level": "ERROR"},
        },
    }


def configure(level: str) -> None:
    """Set up this process's logging, including Python's warnings."""
    logging.config.dictConfig(configuration(level))
    # No log line contains these, and every record would look them up.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging.captureWarnings(True)
    # They concern uploads, whose senders are told anyway; Python would remember each of them forever.
    warnings.filterwarnings("ignore", module=r"(PIL|pillow_heif)(\.|$)")


def log_access(method: str, route: str, status: int, state: RequestState) -> None:
    """Log a request that has been answered."""
    if not access_log.isEnabledFor(logging.INFO):
        return
    fields: dict[str, Any] = {
        "request_id": state.request_id,
        "trace_id": state.traceparent[3:35],
        "method": method,
        "route": route,
        "status": status,
        "milliseconds": round(state.seconds() * 1000, 3),
    }
    if state.model:
        fields["model"] = state.model
    if state.version:
        fields["version"] = state.version
    if state.run_id:
        fields["run_id"] = state.run_id
    if state.images:
        fields["images"] = state.images
        fields["stages"] = {name: round(seconds * 1000, 3) for name, seconds in state.stages.items()}
    if state.key:
        fields["key"] = state.key
    if state.error:
        fields["error"] = state.error
    _write(fields)


def log_refusal(method: str, route: str, error: ServiceError, request_id: str) -> None:
    """Log a request that the server refused before the application saw it."""
    if access_log.isEnabledFor(logging.INFO):
        fields = {"request_id": request_id, "method": method, "route": route}
        _write({**fields, "status": error.status, "error": error.code})


def _write(fields: dict[str, Any]) -> None:
    # Like ``info``, but without looking for the calling line, which takes a tenth of a small request's time.
    record = logging.LogRecord(ACCESS, logging.INFO, "", 0, "request", None, None)
    record.fields = fields
    access_log.handle(record)
