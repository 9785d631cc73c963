"""Uploads -> what a model expects: ``decode`` the bytes, then ``prepare`` the picture by its recipe."""

import cv2

from serving.images.decode import Admit, decode
from serving.images.picture import Detail, Limits, Picture, Prepared
from serving.images.recipes import FITS, detail_of, prepare, steps_of

# Requests run side by side in threads of their own: one thread each is the fastest for all.
cv2.setNumThreads(1)

__all__ = [
    "FITS",
    "Admit",
    "Detail",
    "Limits",
    "Picture",
    "Prepared",
    "decode",
    "detail_of",
    "prepare",
    "steps_of",
]
