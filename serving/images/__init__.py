"""From an upload to the pixels that a model expects: ``decode`` the file, then ``prepare`` the picture."""

import cv2

from serving.images.decode import Admit, decode
from serving.images.picture import Detail, Limits, Picture, Prepared
from serving.images.recipes import FITS, detail_of, prepare, steps_of

# Requests already run in parallel threads; more threads per request would slow them all down.
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
