"""One model's versions and their states: START, LOADING, AVAILABLE, UNLOADING, END.

A new version is loaded while the old one serves, and takes over when it is ready. The old version is unloaded
after its last request. A version that cannot be loaded does not affect the one that serves.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from serving.model_server.loaded_version import LoadedVersion, Readers, Retries, VersionState
from serving.model_server.servable import Servable
from serving.model_server.status import Code, StatusError

log = logging.getLogger(__name__)


class Model:
    """All versions of one model, and the threads that load and unload them."""

    def __init__(self, name: str, load: Callable[[Path], Servable], retries: Retries) -> None:
        self.name = name
        self._load_servable = load
        self._retries = retries
        self._changed = threading.Condition()
        self._versions: dict[int, LoadedVersion] = {}
        self._wanted: dict[int, Path] = {}

    def want(self, wanted: Mapping[int, Path]) -> None:
        """Set which versions should be served. They are loaded and unloaded in the background."""
        with self._changed:
            self._wanted = dict(wanted)
            for number, version in self._versions.items():
                if number not in wanted:
                    version.attempted = False
            self._reconcile()

    def statuses(self) -> list[tuple[int, VersionState, StatusError | None]]:
        """Number, state and error of every version that was ever wanted, newest first."""
        with self._changed:
            newest_first = sorted(self._versions.values(), key=lambda version: -version.number)
            return [(version.number, version.state, version.error) for version in newest_first]

    def available(self) -> frozenset[int]:
        """The versions that answer requests."""
        with self._changed:
            return frozenset(v.number for v in self._versions.values() if v.state is VersionState.AVAILABLE)

    @contextmanager
    def lease(self, number: int | None) -> Iterator[LoadedVersion | None]:
        """Hold a version for one request: the given one, or the newest; None if it is not AVAILABLE."""
        with self._changed:
            version = self._find(number)
            if version:
                readers = version.readers
                version.active += 1
                readers.count += 1
        try:
            yield version
        finally:
            if version:
                with self._changed:
                    version.active -= 1
                    readers.count -= 1
                    if not readers.count:
                        self._changed.notify_all()

    def wait_until_settled(self) -> list[LoadedVersion]:
        """Wait until every wanted version was tried, and one is AVAILABLE or all have failed.

        Returns:
            The failed versions, if none is AVAILABLE.
        """
        with self._changed:
            self._changed.wait_for(self._settled)
            return [] if self._find(None) else self._failed()

    def close(self) -> None:
        """Unload everything and wait for it."""
        self.want({})
        with self._changed:
            self._changed.wait_for(lambda: all(v.state is VersionState.END for v in self._versions.values()))

    def _title(self, version: LoadedVersion) -> str:
        return f"{{name: {self.name} version: {version.number}}}"

    def _find(self, number: int | None) -> LoadedVersion | None:
        if number is not None:
            version = self._versions.get(number)
            return version if version and version.state is VersionState.AVAILABLE else None
        serving = [v for v in self._versions.values() if v.state is VersionState.AVAILABLE]
        return max(serving, key=lambda v: v.number, default=None)

    def _settled(self) -> bool:
        """Whether nothing is left to do but wait for retries."""
        found = [self._versions.get(number) for number in self._wanted]
        tried = all(v and (v.tried or v.state in (VersionState.AVAILABLE, VersionState.END)) for v in found)
        return not self._wanted or (tried and bool(self._find(None) or self._failed()))

    def _failed(self) -> list[LoadedVersion]:
        tried = [self._versions[number] for number in self._wanted if number in self._versions]
        failed = [v for v in tried if v.state is VersionState.END and v.attempted]
        return failed if len(failed) == len(self._wanted) else []

    def _reconcile(self) -> None:
        """Start to load wanted and unload unwanted versions. The lock is held."""
        for number, path in sorted(self._wanted.items()):
            version = self._versions.get(number)
            if version is None or (version.state is VersionState.END and not version.attempted):
                version = self._versions[number] = LoadedVersion(
                    number, path, VersionState.LOADING, attempted=True
                )
                self._start(self._load, version)
        surplus = [v for v in self._versions.values() if v.number not in self._wanted]
        replaced = not self._wanted or any(self._find(number) for number in self._wanted)
        for version in surplus:
            version.unwanted.set()
            if version.state is VersionState.AVAILABLE and replaced:
                version.state = VersionState.UNLOADING
                self._start(self._unload, version)
        self._changed.notify_all()

    def _start(self, action: Callable[[LoadedVersion], None], version: LoadedVersion) -> None:
        title = f"{action.__name__.strip('_')} {self.name} {version.number}"
        threading.Thread(target=action, args=(version,), name=title, daemon=True).start()

    def _load(self, version: LoadedVersion) -> None:
        for attempt in range(self._retries.most + 1):
            if attempt and version.unwanted.wait(max(self._retries.wait, 0)):
                break
            try:
                version.servable = self._load_servable(version.path)
                break
            except StatusError as error:
                failure = error
            except Exception as error:  # noqa: BLE001 - whatever is in that folder, the server goes on
                failure = StatusError(Code.UNKNOWN, f"{type(error).__name__}: {error}")
            log.error(
                "Loading servable: {name: %s version: %d} failed: %s", self.name, version.number, failure
            )
            with self._changed:
                version.tried = True
                self._changed.notify_all()
        with self._changed:
            if version.servable:
                self._take_over(version)
            else:
                version.state, version.error = VersionState.END, failure
                log.error(
                    "Servable {name: %s version: %d} cannot be loaded: %s", self.name, version.number, failure
                )
            self._reconcile()

    def _take_over(self, version: LoadedVersion) -> None:
        """Make a loaded version AVAILABLE after the current requests have ended. The lock is held."""
        running = []
        for other in self._versions.values():
            running.append(other.readers)
            other.readers = Readers()
        self._changed.wait_for(lambda: version.unwanted.is_set() or not any(r.count for r in running))
        version.state = VersionState.AVAILABLE
        log.info("Successfully loaded servable version %s", self._title(version))

    def _unload(self, version: LoadedVersion) -> None:
        with self._changed:
            self._changed.wait_for(lambda: not version.active)
            servable, version.servable = version.servable, None
        if servable:
            servable.close()
        with self._changed:
            version.state = VersionState.END
            log.info("Unloaded servable version %s", self._title(version))
            self._reconcile()
