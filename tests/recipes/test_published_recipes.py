"""A published recipe gives the same bits forever."""

from __future__ import annotations

import pytest

from serving.contract import RECIPES, STEPS_ADDED_SINCE
from serving.images import steps_of
from tests.recipes import digests
from tests.recipes.pictures import pictures


@pytest.mark.parametrize("recipe", RECIPES)
def test_every_picture_is_prepared_exactly_as_when_the_recipe_was_published(recipe: str) -> None:
    kept = digests.kept()
    assert recipe in kept, f"{recipe} has no digests; write them with: python -m tests.recipes"
    found = digests.computed(recipe)
    changed = sorted(
        name for name in kept[recipe].keys() | found.keys() if kept[recipe].get(name) != found.get(name)
    )
    assert changed == [], (
        f"{recipe} was published: give what you changed the next number (serving.images.recipes)"
    )


@pytest.mark.parametrize(("recipe", "step"), [(r, step) for r in RECIPES for step in steps_of(r)])
def test_every_step_changes_some_picture(recipe: str, step: str) -> None:
    kept, skip = digests.kept()[recipe], frozenset({step})
    assert any(digests.outcome(content, recipe, skip) != kept[name] for name, content in pictures())


def test_no_published_recipe_is_missing_unless_it_left_the_contract() -> None:
    assert set(digests.kept()) == set(RECIPES)


def test_steps_added_since_are_steps_of_a_newer_recipe() -> None:
    known = {step for recipe in RECIPES for step in steps_of(recipe)}
    assert [recipe for recipe, added in STEPS_ADDED_SINCE.items() if not added <= known] == []
