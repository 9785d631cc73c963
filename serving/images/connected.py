"""Connected components, including those of a mask without pixels."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray


def connected(
    mask: NDArray[np.uint8] | NDArray[np.bool_], connectivity: Literal[4, 8]
) -> tuple[int, NDArray[np.int32]]:
    """Label the connected components of a mask.

    OpenCV 5.0.0 ends the process with a segmentation fault on an empty array.

    Args:
        mask: uint8 or bool ``[H, W]``; non-zero pixels are foreground.
        connectivity: 8 if diagonal neighbours are connected, 4 if not.

    Returns:
        The number of labels, including the background's, and int32 ``[H, W]`` with 0 for the background.
    """
    if not mask.size:
        return 1, np.zeros(mask.shape, np.int32)
    count, labels = cv2.connectedComponents(
        np.ascontiguousarray(mask).view(np.uint8), connectivity=connectivity
    )
    return count, labels.astype(np.int32, copy=False)
