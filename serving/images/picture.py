"""The data types of the preprocessing: limits, detail, a decoded picture, a prepared picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Limits:
    """The largest allowed upload.

    Attributes:
        max_bytes: size of the file in bytes.
        max_pixels: width times height as stated in the header, checked before anything is decoded.
    """

    max_bytes: int = 10_000_000
    max_pixels: int = 25_000_000


@dataclass(frozen=True)
class Detail:
    """The size and colour of a picture that a recipe uses.

    Attributes:
        pixels: the most pixels; larger pictures are reduced while they are decoded.
        side: the longest side in pixels, for narrow pictures too.
        colour: whether colour is needed; if not, a JPEG is decoded in grey, unless that has little contrast.
    """

    pixels: int = 250_000
    side: int = 4_000
    colour: bool = True


@dataclass(frozen=True)
class Picture:
    """A decoded upload, upright, at a size that suffices for recognition (see ``Detail``).

    Attributes:
        grey: uint8 ``[H, W]``, from 0 (black) to 255 (white), composited over white.
        rgb: uint8 ``[H, W, 3]``, composited over white, or None if the picture has no colour.
        alpha: uint8 ``[H, W]``, 255 is opaque, or None if nothing is transparent.
        steps: the steps done so far.
        sent_size: width and height of the upload, upright, before it was reduced; None for a picture that is
            not an upload.
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
        steps: the steps done, in order, including decoding.
        warnings: sentences for the caller, such as that several marks were found. With a warning, the answer
            is unreliable, however confident the model is.
        inverted: whether dark and light were swapped.
        ink: mean of ``pixels / 255``, for detecting drift.
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
    """Build a ``Prepared`` and measure its ink."""
    return Prepared(pixels, steps, warnings, inverted, float(pixels.mean()) / 255.0)
