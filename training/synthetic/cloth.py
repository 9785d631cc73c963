"""A garment of the data set, cut out, enlarged, and given another cloth: colour, light and print."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from training.synthetic.classes import SNEAKER
from training.synthetic.prints import printed

_STOUTEST = 0.72
_FAINT = 10
_SOLID = 0.35
_UNCHANGED, _REVERSED = 0.25, 0.1


@dataclass(frozen=True)
class CutOut:
    """A cut-out picture.

    Attributes:
        colours: float32 ``[H, W, 3]``, 0..255.
        cover: float32 ``[H, W]``, its opacity, 0..1.
    """

    colours: NDArray[np.float32]
    cover: NDArray[np.float32]

    def mirrored(self) -> CutOut:
        """Return it mirrored left to right."""
        return CutOut(self.colours[:, ::-1], self.cover[:, ::-1])

    def turned(self, degrees: float) -> CutOut:
        """Return it rotated by ``degrees`` counterclockwise; its box grows as needed."""
        planes = [*np.moveaxis(self.colours, 2, 0), self.cover]
        turned = [
            np.asarray(Image.fromarray(plane).rotate(degrees, Image.Resampling.BILINEAR, expand=True))
            for plane in planes
        ]
        return CutOut(np.stack(turned[:3], axis=2), turned[3])


def cut_out(random: np.random.Generator, picture: NDArray[np.uint8], side: int, label: int) -> CutOut:
    """Cut a garment out of its picture and dye it.

    Args:
        random: the random number generator.
        picture: uint8 ``[H, W]``, white on black, as in the data set.
        side: length of the longer side of the result, in pixels.
        label: class of the garment, which determines the prints.
    """
    mask = ndimage.binary_closing(np.pad(picture > _FAINT, 2), np.ones((3, 3), bool))[2:-2, 2:-2]
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    place = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    picture, mask = picture[place], mask[place]
    scale = side / max(picture.shape)
    aspect = np.exp(random.normal(0, 0.08))
    if label == SNEAKER:  # all sneakers of the data set are flat
        aspect *= random.uniform(_STOUTEST, 1.0)
    size = (max(4, round(picture.shape[1] * scale * aspect)), max(4, round(picture.shape[0] * scale)))
    grey = _resized(_without_rim(picture.astype(np.float32), mask), size)
    cover = np.clip((_resized(np.pad(mask, 0).astype(np.float32), size) - _SOLID) * 4.0, 0.0, 1.0)
    return CutOut(_dyed(random, 255.0 - np.clip(grey, 0, 255), cover > 0.5, label), cover)


def _without_rim(grey: NDArray[np.float32], mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Give the outermost pixels, which are mixed with the background, the tone of their inner neighbours."""
    core = ndimage.binary_erosion(mask, np.ones((3, 3), bool))
    weight = ndimage.uniform_filter(core.astype(np.float32), 5, mode="constant")
    inner = ndimage.uniform_filter(np.where(core, grey, np.float32(0)), 5, mode="constant")
    known = ~core & (weight > 0)
    return np.where(known, np.maximum(grey, inner / np.maximum(weight, 1e-6)), grey).astype(np.float32)


def _dyed(
    random: np.random.Generator, light: NDArray[np.float32], mask: NDArray[np.bool_], label: int
) -> NDArray[np.float32]:
    """Dye grey levels of cloth, float32 ``[H, W]``; returns colours, float32 ``[H, W, 3]``."""
    mean = float(light[mask].mean()) if mask.any() else 128.0
    if random.random() >= _UNCHANGED:
        contrast = np.exp(random.uniform(-0.8, 0.5)) * (-1.0 if random.random() < _REVERSED else 1.0)
        light = random.uniform(12, 240) + contrast * (light - mean)
    light = printed(random, light, label)
    tint = random.normal(0, random.choice([2.0, 25.0, 50.0]), 3)
    return np.clip(light[..., None] + tint - tint.mean(), 3, 252).astype(np.float32)


def _resized(values: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    return np.asarray(Image.fromarray(values).resize(size, Image.Resampling.BICUBIC), np.float32)
