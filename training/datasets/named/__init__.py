"""The data sets that are known by name: one module each, whose ``ENTRY`` describes it."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from training.datasets.entry import Entry


def entries() -> dict[str, Entry]:
    """Every named data set; a new module in this folder is a new one."""
    names = sorted((module.name for module in iter_modules(__path__)), key=_rank)
    return {name: import_module(f"{__name__}.{name}").ENTRY for name in names}


def _rank(name: str) -> tuple[int, str]:
    """The order in which help and errors list them: the usual ones first."""
    usual = ("mnist", "fashion_mnist")
    return (usual.index(name) if name in usual else len(usual), name)
