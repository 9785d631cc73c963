"""The names of the models that callers are told of."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from serving.gateway.names import NAME


class ModelNames:
    """The configured models, and those that a file names meanwhile.

    Args:
        configured: always listed, first.
        file: of more names, one a line; empty where there is none. A name that is published while the gateway
            runs is added to it.
    """

    def __init__(self, configured: Sequence[str], file: str = "") -> None:
        self._configured, self._file = tuple(configured), file

    def listed(self) -> tuple[str, ...]:
        """Every name once; a file that cannot be read names nothing."""
        return tuple(dict.fromkeys((*self._configured, *self._added())))

    def __contains__(self, name: object) -> bool:
        return name in self._configured or name in self._added()

    def _added(self) -> list[str]:
        if self._file:
            with suppress(OSError, UnicodeDecodeError):
                lines = Path(self._file).read_text("utf-8").split("\n")
                return [name for line in lines if NAME.fullmatch(name := line.strip())]
        return []
