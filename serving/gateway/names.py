"""Names of models, versions and labels, as callers send them and as the gateway lists them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from werkzeug.routing import BaseConverter

from serving.errors import NotFound

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")

_VERSION = re.compile(r"[0-9]{1,19}")
_MAX_VERSION = 2**63 - 1


class Word(BaseConverter):
    """A path segment, up to the colon before a verb: ``/v1/models/<word:model>:classify``."""

    regex = "[^/:]+"


class ModelRef(NamedTuple):
    """A model as a caller names it: its newest version, one version, or the version with a label."""

    name: str
    version: int | None = None
    label: str | None = None

    def __str__(self) -> str:
        if self.version is not None:
            return f"version {self.version} of model {self.name!r}"
        if self.label is not None:
            return f"label {self.label!r} of model {self.name!r}"
        return f"model {self.name!r}"


def model_ref(model: str, version: str | None = None, label: str | None = None) -> ModelRef:
    """Check the parts of a path.

    Raises:
        NotFound: no model, version or label can have such a name.
    """
    if not NAME.fullmatch(model):
        raise NotFound("There is no model of this name: a name has only letters, digits, '.', '_' and '-'.")
    if label is not None and not NAME.fullmatch(label):
        raise NotFound(
            "There is no version label of this name: a label has only letters, digits, '.', '_' and '-'."
        )
    if version is not None and not (_VERSION.fullmatch(version) and int(version) <= _MAX_VERSION):
        raise NotFound("There is no such version: a version is a whole number.")
    return ModelRef(model, None if version is None else int(version), label)


class ModelNames:
    """The configured models, and those that a file adds, one per line, while the gateway runs."""

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
