"""gunicorn's configuration, each setting worked out once."""

from __future__ import annotations

from typing import Any

from gunicorn.config import Config


class Remembered:
    """Stands for a ``Config`` that no longer changes.

    gunicorn looks each setting up through several Python calls, and its parser asks for about forty a
    request; here the second look is an ordinary attribute.
    """

    def __init__(self, cfg: Config) -> None:
        self._cfg = cfg

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - a setting has whatever type it has
        value = getattr(self._cfg, name)
        setattr(self, name, value)
        return value
