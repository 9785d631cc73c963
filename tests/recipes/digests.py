"""The digests of every picture prepared by every recipe, kept in ``digests.json``."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from serving.contract import RECIPES
from serving.errors import ServiceError
from serving.images import Limits, decode, prepare
from tests.recipes.pictures import pictures

FILE = Path(__file__).with_name("digests.json")

Digests = dict[str, dict[str, str]]


def computed(recipe: str) -> dict[str, str]:
    """By picture: the start of the pixels' SHA-256, or the code of the refusal."""
    return {name: outcome(content, recipe) for name, content in pictures()}


def kept() -> Digests:
    """By recipe and picture: what was published."""
    found: Digests = json.loads(FILE.read_text()) if FILE.is_file() else {}
    return found


def update(replace: str | None = None) -> list[str]:
    """Add the digests of new recipes and of new pictures, and replace those of one recipe.

    Returns:
        The recipes whose digests were written.
    """
    before = kept()
    digests = {recipe: computed(recipe) for recipe in RECIPES}
    for recipe in digests.keys() & before.keys() - {replace}:
        digests[recipe].update(before[recipe])
    FILE.write_text(json.dumps(digests, indent=1, sort_keys=True) + "\n")
    return [recipe for recipe in RECIPES if digests[recipe] != before.get(recipe)]


def outcome(content: bytes, recipe: str, skip: frozenset[str] = frozenset()) -> str:
    """The digest of one picture, prepared without the steps to skip; see ``computed``."""
    try:
        pixels = prepare(decode(content, Limits()), recipe, skip=skip).pixels
    except ServiceError as error:
        return error.code
    return hashlib.sha256(pixels.tobytes()).hexdigest()[:16]
