"""Cards: what they say comes back, and a recipe that is not known here is refused with what to do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from serving.contract import RECIPES, Card, ContractError, Thresholds, card_from_json

CARD = Card("digits", ("a", "b"), RECIPES[0], Thresholds(0.5, 3.0), run_id="a-run", gate={"compared": []})


def test_what_a_card_says_comes_back() -> None:
    assert card_from_json(CARD.to_json()) == CARD


def test_every_recipe_has_a_version() -> None:
    for recipe in RECIPES:
        name, number = recipe.split("@")
        assert name
        assert int(number) >= 1


@pytest.mark.parametrize("recipe", ["ink", "garment"])
def test_a_recipe_without_a_version_is_refused_and_told_to_train_again(recipe: str) -> None:
    with pytest.raises(
        ContractError, match=f"the recipe '{recipe}' without its version.*train the model again"
    ):
        card_from_json(replace(CARD, recipe=recipe).to_json())


def test_a_recipe_of_a_later_release_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(
        ContractError, match=f"'ink@99'; known here are {', '.join(RECIPES)}: upgrade the gateway"
    ):
        card_from_json(replace(CARD, recipe="ink@99").to_json())
