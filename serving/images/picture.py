"""What goes in and out of the preprocessing: limits, a decoded picture, a prepared one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Limits:
    """What an upload may cost.

    Attributes:
        max_bytes: size of the file in bytes.
        max_pixels: width times height as the header states them, checked before anything is decoded.
    """

    max_bytes: int = 10_000_000
    max_pixels: int = 25_000_000


@dataclass(frozen=True)
class Detail:
    """How much of a picture a recipe uses.

    Attributes:
        pixels: the most that it works on; larger pictures are made smaller while they are decoded.
        side: the longest side that it works on, however narrow the picture.
        colour: whether it needs colour. Without, a JPEG is decoded in grey unless its greys hardly differ.
    """

    pixels: int = 250_000
    side: int = 4_000
    colour: bool = True


@dataclass(frozen=True)
class Picture:
    """A decoded upload, upright, at a size that is enough for recognition (see ``Detail``).

    Attributes:
        grey: uint8 ``[H, W]``, 0 black to 255 white, composited over white.
        rgb: uint8 ``[H, W, 3]``, composited over white, or None when the source has no colour.
        alpha: uint8 ``[H, W]``, 255 opaque, or None when nothing of the source is transparent.
        steps: what was done on the way, in short words.
        sent_size: width and height of the upload, upright, before it was made smaller; None for a picture
            that was not decoded from one.
    """

    grey: NDArray[np.uint8]
    rgb: NDArray[np.uint8] | None = None
    alpha: NDArray[np.uint8] | None = None
    steps: tuple[str, ...] = ()
    sent_size: tuple[int, int] | None = None


@dataclass(frozen=True)
class Prepared:
    """A picture as the model expects it.

    Attributes:
        pixels: uint8 ``[28, 28]``, white on black.
        steps: what was done, in order, decoding included.
        warnings: sentences for the caller, such as that several marks were found. With any, the answer is not
            to be relied on, however sure the model is.
        inverted: whether dark and light were exchanged.
        ink: mean of ``pixels / 255``, a drift signal.
    """

    pixels: NDArray[np.uint8]
    steps: tuple[str, ...]
    warnings: tuple[str, ...]
    inverted: bool
    ink: float


def prepared(
    pixels: NDArray[np.uint8],
    steps: tuple[str, ...],
    *,
    inverted: bool = False,
    warnings: tuple[str, ...] = (),
) -> Prepared:
    """Bundle a result and measure its ink."""
    return Prepared(pixels, steps, warnings, inverted, float(pixels.mean()) / 255.0)
