"""API keys. Their file is read again when it changes."""

from __future__ import annotations

import hmac
import logging
import time
from pathlib import Path

from flask import Flask, request

from serving.errors import MissingKey, WrongKey
from serving.gateway.keys import KeyFileError, digest, read
from serving.gateway.middleware import groups
from serving.gateway.middleware import request_state as state
from serving.gateway.settings.settings import Settings

CHECK_SECONDS = 1.0

log = logging.getLogger(__name__)


class Keys:
    """The keys in a file. While the file is unreadable, the last good keys stay valid."""

    def __init__(self, path: Path) -> None:
        self._path, self._stamp, self._digests = path, _stamp(path), read(path)
        self._next_check = time.monotonic() + CHECK_SECONDS

    def owner(self, key: str) -> str | None:
        """The name of a key, or None for one that is not in the file.

        Every stored digest is compared, each in constant time.
        """
        self._refresh()
        found = None
        presented = digest(key)
        for name, stored in self._digests.items():
            if hmac.compare_digest(stored, presented):
                found = name
        return found

    def _refresh(self) -> None:
        if time.monotonic() < self._next_check:
            return
        self._next_check = time.monotonic() + CHECK_SECONDS
        try:
            stamp = _stamp(self._path)
            if stamp != self._stamp:
                self._digests, self._stamp = read(self._path), stamp
                log.info("API keys read again", extra={"keys": len(self._digests)})
        except KeyFileError as error:
            log.error("API keys cannot be reread, the previous ones stay in force: %s", error)


def register(app: Flask, settings: Settings) -> None:
    """Require a key for every route that the settings do not exempt.

    Raises:
        KeyFileError: the file of keys cannot be read.
    """
    if not settings.api_keys_file:
        return
    keys = Keys(Path(settings.api_keys_file))

    def check() -> None:
        if request.method == "OPTIONS" or groups.of(request) in settings.auth_exempt:
            return
        key = _presented()
        if not key:
            raise MissingKey("Send an API key: Authorization: Bearer KEY, or X-API-Key: KEY.")
        owner = keys.owner(key)
        if owner is None:
            raise WrongKey("This API key is unknown. Ask the operator for a new one.")
        state.current().key = owner

    app.before_request(check)


def _presented() -> str:
    """The key in the current request's headers, or an empty string."""
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return credentials.strip()
    return request.headers.get("X-API-Key", "").strip()


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """A value that differs after each change of the file."""
    try:
        status = path.stat()
    except OSError:
        return None
    return (status.st_mtime_ns, status.st_ino, status.st_size)
