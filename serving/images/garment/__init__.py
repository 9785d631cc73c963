"""The recipe for clothing: Fashion-MNIST's own conversion, extended to photographs."""

from serving.images.garment.recipe import DETAIL, STEPS, prepare_garment

__all__ = ["DETAIL", "STEPS", "prepare_garment"]
