"""The layout of the folder of all models, a model's folder and a version's folder."""

from __future__ import annotations

from pathlib import Path

from serving.contract import Card, ContractError, card_from_json

EXTRA_FOLDER = "assets.extra"
CARD_FILE = "card.json"


def models(models_dir: Path) -> list[str]:
    """The names of the models that have at least one version, in alphabetical order."""
    if not models_dir.is_dir():
        return []
    return sorted(entry.name for entry in models_dir.iterdir() if versions(entry))


def versions(model: Path) -> list[int]:
    """The version numbers in a model's folder, ascending; other names are ignored."""
    if not model.is_dir():
        return []
    return sorted(int(entry.name) for entry in model.iterdir() if entry.name.isdecimal() and entry.is_dir())


def card_of(version: Path) -> Card | None:
    """The card of a version, from the file beside the graph; None if it cannot be read."""
    try:
        return card_from_json(card_path(version).read_bytes())
    except (OSError, ContractError):
        return None


def card_path(version: Path) -> Path:
    """The path of a version's card."""
    return version / EXTRA_FOLDER / CARD_FILE
