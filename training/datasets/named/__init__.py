"""The named data sets: one module each, whose ``ENTRY`` describes it."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from training.datasets.entry import Entry


def entries() -> dict[str, Entry]:
    """Return every named data set by name; each module in this folder adds one."""
    names = sorted((module.name for module in iter_modules(__path__)), key=_rank)
    return {name: import_module(f"{__name__}.{name}").ENTRY for name in names}


def _rank(name: str) -> tuple[int, str]:
    """Return the sort key for help and error messages: the most common data sets first."""
    usual = ("mnist", "fashion_mnist")
    return (usual.index(name) if name in usual else len(usual), name)
