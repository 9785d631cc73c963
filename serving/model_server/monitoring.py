"""The server's metrics, and the Prometheus page with TensorFlow Serving's names for them."""

from __future__ import annotations

import bisect
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from google.protobuf import text_format

from serving.model_server.schemas import MonitoringConfig
from serving.model_server.status import Code, StatusError, invalid_argument, not_found

DEFAULT_PATH = "/monitoring/prometheus/metrics"
_PREFIX = ":tensorflow:serving:"
# Microseconds: 10, and then factors of 1.8.
_BOUNDS = [round(10 * 1.8**power, 3) for power in range(32)]

_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})

_Labels = tuple[tuple[str, str], ...]


class ServerMetrics:
    """Counters and histograms of one server."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counters: dict[tuple[str, _Labels], int] = {}
        self._histograms: dict[tuple[str, _Labels], list[float]] = {}

    def count(self, name: str, amount: int = 1, **labels: str) -> None:
        """Add to a counter."""
        key = (name, tuple(labels.items()))
        with self._lock:
            self._counters[key] = self._counters.get(key, 0) + amount

    def observe(self, name: str, microseconds: float, **labels: str) -> None:
        """Add a time to a histogram."""
        key = (name, tuple(labels.items()))
        with self._lock:
            # One number per bucket, then the sum.
            buckets = self._histograms.setdefault(key, [0.0] * (len(_BOUNDS) + 2))
            buckets[bisect.bisect_left(_BOUNDS, microseconds)] += 1
            buckets[-1] += microseconds

    @contextmanager
    def request(self, model: str, api: str, entrypoint: str) -> Iterator[None]:
        """Count a request by its outcome and time it if it succeeds."""
        start = time.perf_counter()
        outcome = Code.OK
        try:
            yield
        except StatusError as error:
            outcome = error.code
            raise
        finally:
            self.count("request_count", model_name=model, status=outcome.name)
            if outcome is Code.OK:
                elapsed = (time.perf_counter() - start) * 1e6
                self.observe("request_latency", elapsed, model_name=model, API=api, entrypoint=entrypoint)

    def page(self) -> str:
        """The metrics in Prometheus' text format."""
        with self._lock:
            counters = sorted(self._counters.items())
            histograms = sorted((key, list(buckets)) for key, buckets in self._histograms.items())
        lines, seen = [], set()
        for (name, labels), value in counters:
            if name not in seen:
                lines.append(f"# TYPE {_PREFIX}{name} counter")
                seen.add(name)
            lines.append(f"{_PREFIX}{name}{_braces(labels)} {value}")
        for (name, labels), buckets in histograms:
            if name not in seen:
                lines.append(f"# TYPE {_PREFIX}{name} histogram")
                seen.add(name)
            lines += _histogram(_PREFIX + name, labels, buckets)
        return "\n".join(lines) + "\n"


def _braces(labels: _Labels) -> str:
    pairs = (f'{key}="{value.translate(_ESCAPES)}"' for key, value in labels)
    return "{" + ",".join(pairs) + "}"


def _histogram(name: str, labels: _Labels, buckets: list[float]) -> Iterator[str]:
    total = 0
    for bound, number in zip([*map(str, _BOUNDS), "+Inf"], buckets, strict=False):
        total += int(number)
        yield f"{name}_bucket{_braces((*labels, ('le', bound)))} {total}"
    yield f"{name}_sum{_braces(labels)} {buckets[-1]:g}"
    yield f"{name}_count{_braces(labels)} {total}"


def read_path(file: str) -> str | None:
    """The path of the metrics page if the monitoring configuration enables it, or None.

    Raises:
        StatusError: NOT_FOUND, there is no such file; INVALID_ARGUMENT, it is not a monitoring configuration.
    """
    if not file:
        return None
    try:
        config = text_format.Parse(Path(file).read_text(), MonitoringConfig())
    except OSError as error:
        raise not_found(f"{file}; {error.strerror}") from error
    except text_format.ParseError as error:
        raise invalid_argument(f"Invalid protobuf file: '{file}'") from error
    prometheus = config.prometheus_config
    return (prometheus.path or DEFAULT_PATH) if prometheus.enable else None
