"""The layout of the folder of all models, a model's folder and a version's folder."""

from __future__ import annotations

import re
from pathlib import Path

from serving.contract import Card, ContractError, card_from_json

EXTRA_FOLDER = "assets.extra"
CARD_FILE = "card.json"
NAMING = "a model's name has only letters, digits, '.', '_' and '-'"

# As the gateway's names.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
# Every other form of a number is the name of another folder than the number is.
_NUMBER = re.compile(r"0|[1-9][0-9]{0,17}")
# What file systems keep, and users may not read.
_FOREIGN = frozenset(["lost+found"])


def models(models_dir: Path) -> list[str]:
    """The names of the models that have at least one version, in alphabetical order."""
    if not models_dir.is_dir():
        return []
    return sorted(
        entry.name for entry in models_dir.iterdir() if _NAME.fullmatch(entry.name) and versions(entry)
    )


def misnamed(models_dir: Path) -> list[Path]:
    """The folders that hold versions under a name that no model can have, without hidden ones."""
    folders = models_dir.iterdir() if models_dir.is_dir() else ()
    named = (folder for folder in folders if not (folder.name.startswith(".") or folder.name in _FOREIGN))
    return sorted(folder for folder in named if not _NAME.fullmatch(folder.name) and versions(folder))


def versions(model: Path) -> list[int]:
    """The version numbers in a model's folder, ascending; other names are ignored, such as ``007``."""
    if not model.is_dir():
        return []
    return sorted(
        int(entry.name) for entry in model.iterdir() if _NUMBER.fullmatch(entry.name) and entry.is_dir()
    )


def card_of(version: Path) -> Card | None:
    """The card of a version, from the file beside the graph; None if it cannot be read."""
    try:
        return card_from_json(card_path(version).read_bytes())
    except (OSError, ContractError):
        return None


def card_path(version: Path) -> Path:
    """The path of a version's card."""
    return version / EXTRA_FOLDER / CARD_FILE
