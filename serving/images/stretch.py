"""The textbook preparation: grey, resized to 28x28, and nothing else.

It does not invert, crop or centre. The recipes are measured against it.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from serving.contract import IMAGE_SIDE
from serving.images.picture import Picture, Prepared, prepared


def stretch(picture: Picture) -> Prepared:
    """Resize a picture to 28x28, ignoring its proportions."""
    if picture.grey.shape == (IMAGE_SIDE, IMAGE_SIDE):
        return prepared(picture.grey, picture.steps)
    small = Image.fromarray(picture.grey).resize((IMAGE_SIDE, IMAGE_SIDE), Image.Resampling.BILINEAR)
    return prepared(np.asarray(small), (*picture.steps, "stretched"))
