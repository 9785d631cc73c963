"""The whole server: loads the models, opens the ports, and closes everything in order."""

from __future__ import annotations

import gc
import logging
import signal
import threading
from functools import partial
from pathlib import Path

import grpc
from tensorflow_serving.config import model_server_config_pb2

from serving.listening import is_loopback
from serving.model_server import configuration, grpc_server, loading, monitoring
from serving.model_server.backend import Backend
from serving.model_server.batching import BatchScheduler
from serving.model_server.catalog import Catalog
from serving.model_server.examples import Inference
from serving.model_server.flags import Flags
from serving.model_server.rest.server import RestOptions, RestServer
from serving.model_server.settings import ServerSettings
from serving.model_server.status import StatusError

log = logging.getLogger(__name__)


def serve(settings: ServerSettings) -> None:
    """Serve until SIGTERM or SIGINT, then finish the requests that run.

    Raises:
        StatusError: the server cannot start.
    """
    flags, limits = settings.flags, settings.batching
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    # What has been imported stays: without it, the collection after each version takes milliseconds.
    gc.freeze()
    catalog = loading.make_catalog(flags, BatchScheduler(limits) if limits else None)
    if not _apply(catalog, settings.models, stop):
        return
    inference = Inference(catalog, check_method=flags.enable_signature_method_name_check)
    backend = Backend(
        catalog,
        inference,
        monitoring.ServerMetrics(),
        as_content=flags.enable_serialization_as_tensor_content,
    )
    # A request waits in its thread for its batch, so there must be enough threads for several batches.
    threads = max(flags.grpc_max_threads, min(2 * limits.max_batch_size, 128) if limits else 0)
    server = grpc_server.make_server(settings, backend, threads)
    rest_options = _rest_options(flags, settings.metrics_path)
    rest_server = RestServer(backend, rest_options) if flags.rest_api_port else None
    _run(flags, catalog, server, rest_server, stop)


def _apply(
    catalog: Catalog, config: model_server_config_pb2.ModelServerConfig, stop: threading.Event
) -> bool:
    """Apply the first configuration, which may take forever; False if the server is stopped meanwhile."""
    failure: list[StatusError] = []
    done = threading.Event()

    def apply() -> None:
        try:
            catalog.apply(config)
        except StatusError as error:
            failure.append(error)
        done.set()

    threading.Thread(target=apply, name="first configuration", daemon=True).start()
    while not done.wait(0.02) and not stop.is_set():
        pass
    if failure:
        raise failure[0]
    return done.is_set()


def _run(
    flags: Flags,
    catalog: Catalog,
    server: grpc.Server,
    rest_server: RestServer | None,
    stop: threading.Event,
) -> None:
    server.start()
    _warn_of_strangers(flags)
    log.info("Running gRPC ModelServer at %s ...", ", ".join(grpc_server.addresses_of(flags)))
    if rest_server:
        rest_server.start()
        log.info("Exporting HTTP/REST API at:localhost:%d ...", flags.rest_api_port)
    watch_configuration = partial(_watch_configuration, flags, catalog, stop)
    threading.Thread(target=catalog.watch, name="versions", daemon=True).start()
    threading.Thread(target=watch_configuration, name="configuration", daemon=True).start()
    stop.wait()
    log.info("Draining: running requests have %d s", flags.drain_seconds)
    ended = server.stop(flags.drain_seconds)
    if rest_server:
        rest_server.stop()
    ended.wait()


def _watch_configuration(flags: Flags, catalog: Catalog, stop: threading.Event) -> None:
    """Apply the configuration file repeatedly; if it is refused, nothing changes."""
    seconds = flags.model_config_file_poll_wait_seconds
    read = partial(configuration.read, Path(flags.model_config_file))
    while flags.model_config_file and seconds > 0 and not stop.wait(seconds):
        try:
            catalog.apply_newest(read)
        except StatusError as error:
            log.error("Failed to apply %s: %s", flags.model_config_file, error)


def _rest_options(flags: Flags, metrics_path: str | None) -> RestOptions:
    return RestOptions(
        address=flags.listen_address,
        port=flags.rest_api_port,
        threads=flags.rest_api_num_threads,
        timeout=flags.rest_api_timeout_in_ms / 1000,
        cors=flags.rest_api_enable_cors_support or flags.enable_cors_support,
        metrics_path=metrics_path,
        drain=flags.drain_seconds,
    )


def _warn_of_strangers(flags: Flags) -> None:
    """Warn if other machines can reach the ports: they can have any folder loaded, and its code runs."""
    if (flags.port or flags.rest_api_port) and not is_loopback(flags.listen_address):
        log.warning(
            "Listening on %s: anybody who reaches port %d can load any folder of this machine as a model, "
            "which runs what is in it. Keep others out, or listen with --listen_address=127.0.0.1",
            flags.listen_address,
            flags.port or flags.rest_api_port,
        )
    if flags.ssl_config_file and flags.rest_api_port:
        log.warning("HTTP on port %d is not encrypted: --ssl_config_file is for gRPC", flags.rest_api_port)
