"""The names of the models that callers can see."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from serving.gateway.names import NAME


class ModelNames:
    """The configured models, and those that a file adds.

    Args:
        configured: models that are always listed, and listed first.
        file: path of a file with more names, one per line; empty for none. Models published while the gateway
            runs are added to it.
    """

    def __init__(self, configured: Sequence[str], file: str = "") -> None:
        self._configured, self._file = tuple(configured), file

    def listed(self) -> tuple[str, ...]:
        """All names without duplicates; an unreadable file counts as empty."""
        return tuple(dict.fromkeys((*self._configured, *self._added())))

    def __contains__(self, name: object) -> bool:
        return name in self._configured or name in self._added()

    def _added(self) -> list[str]:
        if self._file:
            with suppress(OSError, UnicodeDecodeError):
                lines = Path(self._file).read_text("utf-8").split("\n")
                return [name for line in lines if NAME.fullmatch(name := line.strip())]
        return []
