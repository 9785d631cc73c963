"""The recipes for digits and symbols: ink of any tone on any background becomes a picture like MNIST's."""

from serving.images.ink.recipe import DETAIL, STEPS, prepare_ink
from serving.images.ink.symbol import prepare_symbol

__all__ = ["DETAIL", "STEPS", "prepare_ink", "prepare_symbol"]
