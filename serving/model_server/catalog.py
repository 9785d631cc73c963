"""All models: finds the version that answers a request, and follows the configuration and the disk."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tensorflow_serving.apis import model_pb2
from tensorflow_serving.config import model_server_config_pb2

from serving.model_server import configuration, versions
from serving.model_server.configuration import ModelConfig
from serving.model_server.loaded_version import Retries
from serving.model_server.model import Model
from serving.model_server.servable import Servable
from serving.model_server.status import Code, StatusError, invalid_argument, not_found

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class FoundServable:
    """The version that answers a request."""

    name: str
    version: int
    servable: Servable


class Catalog:
    """The models that are being served."""

    def __init__(
        self,
        load: Callable[[Path], Servable],
        retries: Retries,
        *,
        poll_seconds: float = 1.0,
        labels_may_wait: bool = False,
    ) -> None:
        """Create an empty catalog; nothing is read before the first ``apply``.

        Args:
            load: loads a version's folder and warms it up.
            retries: how failed loads are retried.
            poll_seconds: seconds between two looks at the disk; 0 to look only once.
            labels_may_wait: whether a label may name a version that is not loaded yet.
        """
        self._load = load
        self._retries = retries
        self._poll_seconds = poll_seconds
        self._labels_may_wait = labels_may_wait
        self._models: dict[str, Model] = {}
        self._configs: dict[str, ModelConfig] = {}
        self._labels: dict[str, dict[str, int]] = {}
        self._applying = threading.Lock()
        # Held from reading the disk until the result is applied, so that no old listing replaces a newer one.
        self._lifecycle = threading.Lock()
        self._closed = threading.Event()

    @contextmanager
    def lease(self, spec: model_pb2.ModelSpec) -> Iterator[FoundServable]:
        """Hold the version that a request asks for.

        Raises:
            StatusError: INVALID_ARGUMENT, the label is unknown; NOT_FOUND, the version is not served.
        """
        number = self._number(spec)
        model = self._models.get(spec.name)
        if model is not None:
            with model.lease(number) as version:
                if version is not None and version.servable is not None:
                    yield FoundServable(spec.name, version.number, version.servable)
                    return
        wanted = f"Latest({spec.name})" if number is None else f"Specific({spec.name}, {number})"
        raise not_found(f"Servable not found for request: {wanted}")

    def model(self, name: str) -> Model | None:
        """A model by name, even if it is no longer served."""
        return self._models.get(name)

    def apply(self, config: model_server_config_pb2.ModelServerConfig) -> None:
        """Replace the configuration.

        Returns when every new model has a version AVAILABLE.

        Raises:
            StatusError: the configuration is refused, and nothing has changed; or no version of a new model
                can be loaded.
        """
        self.apply_newest(lambda: config)

    def apply_newest(self, read: Callable[[], model_server_config_pb2.ModelServerConfig]) -> None:
        """Like ``apply``, but read the configuration only when no other one is being applied.

        A file that was read earlier would undo a change that was made in the meantime.
        """
        with self._applying:
            config = read()
            first = not self._models
            configs = {entry.name: entry for entry in configuration.check(config, frozenset(self._models))}
            fresh = [entry for entry in configs.values() if entry.name not in self._configs]
            with self._lifecycle:
                if self._closed.is_set():
                    raise StatusError(Code.UNAVAILABLE, "The server is ending")
                # Before anything is loaded, like TensorFlow Serving: a label moves only to a loaded version.
                for entry in configs.values():
                    self._check_labels(entry)
                self._labels = {entry.name: dict(entry.labels) for entry in configs.values()}
                self._switch_to(configs)
            self._wait_for(fresh, patiently=first)

    def watch(self) -> None:
        """Look for new versions until the catalog is closed. Blocks."""
        while self._poll_seconds > 0 and not self._closed.wait(self._poll_seconds):
            for name in list(self._configs):
                self._look_again(name)

    def close(self) -> None:
        """Stop watching, and unload every version after its last request. Nothing can be applied any more."""
        with self._lifecycle:
            self._closed.set()
        for model in self._models.values():
            model.close()

    def _number(self, spec: model_pb2.ModelSpec) -> int | None:
        match spec.WhichOneof("version_choice"):
            case "version":
                return spec.version.value
            case "version_label":
                number = self._labels.get(spec.name, {}).get(spec.version_label)
                if number is None:
                    raise invalid_argument(f"Unrecognized servable version label: {spec.version_label}")
                return number
            case _:
                return None

    def _switch_to(self, configs: dict[str, ModelConfig]) -> None:
        models = dict(self._models)
        for name in configs:
            models.setdefault(name, Model(name, self._load, self._retries))
        self._models, self._configs = models, configs
        for config in configs.values():
            self._look(config)
        for name in models.keys() - configs.keys():
            models[name].want({})

    def _look_again(self, name: str) -> bool:
        """Look at the disk, using the current configuration; False if no version is there."""
        with self._lifecycle:
            config = self._configs.get(name)
            return config is not None and not self._closed.is_set() and self._look(config)

    def _look(self, config: ModelConfig) -> bool:
        """Update a model from the disk; if no version is there, nothing changes. The lock is held."""
        try:
            wanted = config.policy.choose(versions.find(config.base_path))
        except OSError:
            wanted = {}
            log.warning(
                "FileSystemStoragePathSource encountered a filesystem access error: Could not find base path "
                "%s for servable %s with error NOT_FOUND: %s not found",
                config.base_path,
                config.name,
                config.base_path,
            )
        else:
            if not wanted:
                log.warning(
                    "No versions of servable %s found under base path %s", config.name, config.base_path
                )
        if wanted:
            self._models[config.name].want(wanted)
        return bool(wanted)

    def _wait_for(self, fresh: list[ModelConfig], *, patiently: bool) -> None:
        """Wait for new models; at the start, also for versions that are not on the disk yet."""
        failed = []
        for config in fresh:
            while (
                patiently
                and not self._look_again(config.name)
                and not self._closed.wait(max(self._poll_seconds, 1))
            ):
                pass
            failed += [
                (config.name, v.number, v.error) for v in self._models[config.name].wait_until_settled()
            ]
        if failed:
            causes = "".join(f"{{{{name: {n} version: {v}}} due to error: {e}}}, " for n, v, e in failed)
            raise StatusError(
                Code.UNKNOWN, f"{len(failed)} servable(s) did not become available: {{{causes}}}"
            )

    def _check_labels(self, config: ModelConfig) -> None:
        known = self._labels.get(config.name, {})
        model = self._models.get(config.name)
        available = model.available() if model else frozenset()
        for label, number in sorted(config.labels.items(), key=lambda item: -item[1]):
            may_wait = self._labels_may_wait and known.get(label, number) == number
            if number not in available and not may_wait:
                raise StatusError(
                    Code.FAILED_PRECONDITION,
                    f"Request to assign label to version {number} of model {config.name}, "
                    "which is not currently available for inference",
                )
