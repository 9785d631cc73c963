"""gunicorn's configuration for the gateway, taken from the ``GATEWAY_*`` variables (docs/configuration.md).

    gunicorn -c python:serving.gateway.gunicorn_conf 'serving.gateway.app:application()'

Each worker loads the application after the fork, because gRPC channels do not survive a fork.
"""

from __future__ import annotations

import logging
import os
import resource
from math import ceil
from pathlib import Path

from serving.gateway.server import metrics_files

metrics_files.prepare()  # before anything imports prometheus_client

from gunicorn.arbiter import Arbiter  # noqa: E402
from gunicorn.workers.base import Worker  # noqa: E402
from prometheus_client.multiprocess import mark_process_dead  # noqa: E402

from serving.gateway.server.limits import ServerLimits  # noqa: E402
from serving.gateway.server.shares import Shares, processor  # noqa: E402
from serving.gateway.server.worker import GatewayWorker  # noqa: E402
from serving.gateway.settings.settings import Settings  # noqa: E402
from serving.gateway.telemetry import logs  # noqa: E402
from serving.listening import addresses, joined  # noqa: E402

_settings = Settings.from_env()
_shares = Shares(4 * _settings.workers)  # while workers are replaced there are more of them than usual

bind = [joined(address, _settings.port) for address in addresses(_settings.host)]
backlog = 2048
workers = _settings.workers
preload_app = False

worker_class = GatewayWorker
GatewayWorker.limits = ServerLimits(
    head_seconds=min(10.0, _settings.upload_seconds),
    request_seconds=_settings.upload_seconds,
    idle_seconds=_settings.idle_seconds,
    drain_seconds=_settings.drain_seconds,
    grace_seconds=_settings.grace_seconds,
    request_bytes=_settings.max_request_bytes,
    buffered_bytes=max(512_000_000, 4 * _settings.max_request_bytes),
)
keepalive = ceil(_settings.idle_seconds)
graceful_timeout = ceil(_settings.drain_seconds + _settings.grace_seconds)
timeout = 30  # seconds without a sign of life from a worker's loop, not a limit on requests

forwarded_allow_ips = ",".join(_settings.trusted_proxies)

control_socket_disable = True
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None
accesslog = None
logconfig_dict = logs.configuration(_settings.log_level)


def on_starting(_server: Arbiter) -> None:
    """Reset the metrics, and raise the limit of open files to what the system allows."""
    _warn_of_separate_counts()
    metrics_files.clear()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def pre_fork(_server: Arbiter, worker: Worker) -> None:
    """Assign the worker its place among the others; only the arbiter knows which places are free."""
    worker.share = _shares.take()


def post_fork(_server: Arbiter, worker: Worker) -> None:
    """Pin the worker to its own CPU before any thread starts."""
    if worker.share is None or _settings.cpu_affinity != "auto" or not hasattr(os, "sched_setaffinity"):
        return
    own = processor(os.sched_getaffinity(0), _settings.workers, worker.share.place)
    if own is not None:
        os.sched_setaffinity(0, {own})


def child_exit(_server: Arbiter, worker: Worker) -> None:
    """Remove an ended worker from the gauges, and free its place."""
    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
    if worker.share is not None:
        worker.share.leave()


def _warn_of_separate_counts() -> None:
    """Warn if each worker counts requests separately, since callers then get a multiple of the rate."""
    workers, rate = _settings.workers, _settings.rate_limit
    if rate and workers > 1 and _settings.rate_limit_storage.startswith("memory:"):
        logging.getLogger(__name__).warning(
            "GATEWAY_RATE_LIMIT=%s is counted in each of %d workers separately, so callers may get up to "
            "%d times as much; GATEWAY_RATE_LIMIT_STORAGE=redis://HOST:PORT counts for all together",
            rate,
            workers,
            workers,
        )
