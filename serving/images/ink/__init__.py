"""The recipe for digits: ink of any tone on any ground becomes a picture as MNIST has them."""

from serving.images.ink.recipe import DETAIL, STEPS, prepare_ink

__all__ = ["DETAIL", "STEPS", "prepare_ink"]
