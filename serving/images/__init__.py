"""Uploads -> what a model expects: ``decode`` the bytes, then ``prepare`` the picture by its recipe."""

from serving.images.decode import Admit, decode
from serving.images.picture import Limits, Picture, Prepared
from serving.images.recipes import FITS, prepare, steps_of

__all__ = ["FITS", "Admit", "Limits", "Picture", "Prepared", "decode", "prepare", "steps_of"]
