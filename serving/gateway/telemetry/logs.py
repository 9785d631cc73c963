"""Logs as JSON, one object a line: what happened to which request, never what was in it.

Values are written as JSON strings, so nothing a caller sends can begin a line of its own.
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
    """Formats a record as one line of JSON, with whatever was given as ``extra``."""

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
    """The logging configuration (``logging.config.dictConfig``) of a gateway, gunicorn's included."""
    plain = {"level": level.upper(), "handlers": ["out"], "propagate": False}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": JsonFormatter}},
        "handlers": {
            "out": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "json"}
        },
        "root": {"level": "WARNING", "handlers": ["out"]},
        "loggers": {
            "serving": plain,
            "gunicorn.error": plain,
            "gunicorn.access": plain,
            # What is wrong with a client's bytes is in the access log already.
            "serving.gateway.server.http": {"level": "ERROR"},
        },
    }


def configure(level: str) -> None:
    """Set this process's logging up, Python's warnings included.

    What Pillow warns of is what is wrong with an upload, which its sender is told. Here it would be two lines
    that are no JSON, and Python would remember each of them for ever.
    """
    logging.config.dictConfig(configuration(level))
    # No line says these, and every record would look them up.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging.captureWarnings(True)
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
        _write(
            {
                "request_id": request_id,
                "method": method,
                "route": route,
                "status": error.status,
                "error": error.code,
            }
        )


def _write(fields: dict[str, Any]) -> None:
    # What ``info`` does, less the search for the line of code that called it: a tenth of a small request.
    record = logging.LogRecord(ACCESS, logging.INFO, "", 0, "request", None, None)
    record.fields = fields
    access_log.handle(record)
