"""Uploads of garments: on any ground, in pairs, worn, on a hanger, lying, cut off by the edge."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from training.synthetic.body import Placement, hang, wear
from training.synthetic.classes import BAG, FOOTWEAR, TOPS
from training.synthetic.cloth import CutOut, cut_out
from training.synthetic.ground import Canvas, any_ground, photographed
from training.synthetic.unseen import varied

_SIDE = (64, 96)
_PAIR, _WORN, _HUNG, _LYING, _CUT, _SHADOW = 0.35, 0.3, 0.08, 0.05, 0.1, 0.45
_HARDLY_WORN = 0.12


def garment_upload(random: np.random.Generator, picture: NDArray[np.uint8], label: int) -> NDArray[np.uint8]:
    """Draw an upload of a garment of the data set.

    Args:
        random: the random number generator.
        picture: uint8 ``[28, 28]``, white on black.
        label: class of the garment, which determines how it may be shown.

    Returns:
        uint8 ``[H, W, 3]``.
    """
    shown = varied(random, picture, label)
    piece = _shown(random, cut_out(random, shown, int(random.integers(*_SIDE)), label), label)
    worn = random.random() < (_HARDLY_WORN if label in FOOTWEAR or label == BAG else _WORN)
    shape, place = _layout(random, piece.cover.shape, roomy=worn)
    canvas = any_ground(random, shape)
    if worn:
        canvas = wear(random, canvas, label, place)
    elif label in TOPS and random.random() < _HUNG:
        canvas = hang(random, canvas, place)
    elif random.random() < _SHADOW:
        canvas = _shadow(random, canvas, piece, place)
    return _cut(random, photographed(random, lay(canvas, piece, place)), place)


def lay(canvas: Canvas, piece: CutOut, place: Placement) -> Canvas:
    """Lay a cut-out over the canvas; parts outside the canvas are cut off."""
    rows = slice(max(place.top, 0), min(place.bottom, canvas.shape[0]))
    columns = slice(max(place.left, 0), min(place.left + place.width, canvas.shape[1]))
    of_piece = np.s_[
        rows.start - place.top : rows.stop - place.top, columns.start - place.left : columns.stop - place.left
    ]
    cover = piece.cover[of_piece][..., None]
    laid = canvas.copy()
    laid[rows, columns] = canvas[rows, columns] * (1 - cover) + piece.colours[of_piece] * cover
    return laid


def _shown(random: np.random.Generator, piece: CutOut, label: int) -> CutOut:
    """Mirror, pair and rotate a garment, at random."""
    if random.random() < 0.5:
        piece = piece.mirrored()
    if label in FOOTWEAR and random.random() < _PAIR:
        piece = pair(random, piece)
    if random.random() < _LYING:
        piece = piece.turned(90 if random.random() < 0.5 else -90)
    elif random.random() < 0.4:
        piece = piece.turned(random.normal(0, 12 if label in FOOTWEAR else 5))
    return piece


def pair(random: np.random.Generator, piece: CutOut) -> CutOut:
    """Arrange two shoes: one behind the other, side by side, stacked, or toe to toe."""
    kind = int(random.integers(4))
    height, width = piece.cover.shape
    other = piece.mirrored() if kind == 3 else piece.turned(random.normal(0, 10))
    moves = (
        (random.uniform(-0.3, 0.1) * height, random.uniform(0.1, 0.4) * width),
        (random.uniform(-0.1, 0.1) * height, random.uniform(0.6, 1.05) * width),
        (random.uniform(0.6, 1.05) * height, random.uniform(-0.15, 0.15) * width),
        (random.uniform(-0.1, 0.1) * height, random.uniform(0.85, 1.1) * width),
    )
    down, right = (round(value) for value in moves[kind])
    places = [Placement(0, 0, height, width), Placement(down, right, *other.cover.shape)]
    top, left = min(each.top for each in places), min(each.left for each in places)
    bottom = max(each.bottom for each in places)
    end = max(each.left + each.width for each in places)
    canvas = np.zeros((bottom - top, end - left, 3), np.float32)
    cover = canvas.copy()
    for each, at in ((other, places[1]), (piece, places[0])):
        moved = Placement(at.top - top, at.left - left, at.height, at.width)
        canvas = lay(canvas, each, moved)
        cover = lay(cover, CutOut(np.ones_like(each.colours), each.cover), moved)
    return CutOut(canvas, cover[..., 0])


def _layout(
    random: np.random.Generator, size: tuple[int, ...], roomy: bool
) -> tuple[tuple[int, int], Placement]:
    """Choose the size of the canvas and the place of the garment on it."""
    margins = random.uniform(0.02, 0.2, 4)
    if roomy:
        margins[0] += random.uniform(0.0, 0.5)
        margins[1] += random.uniform(0.0, 0.6)
    above, below, before, behind = (margins * np.repeat(size, 2)).astype(int)
    shape = (size[0] + above + below, size[1] + before + behind)
    return shape, Placement(int(above), int(before), size[0], size[1])


def _shadow(random: np.random.Generator, canvas: Canvas, piece: CutOut, place: Placement) -> Canvas:
    """Draw the garment's soft shadow on the ground."""
    cover = Image.fromarray((piece.cover * 255).astype(np.uint8))
    soft = np.asarray(
        cover.filter(ImageFilter.GaussianBlur(random.uniform(1.5, 5))), np.float32
    ) / np.float32(255)
    down, right = (round(value) for value in random.uniform(-6, 8, 2))
    shade = CutOut(np.zeros((*soft.shape, 3), np.float32), soft * np.float32(random.uniform(0.1, 0.5)))
    return lay(canvas, shade, Placement(place.top + down, place.left + right, place.height, place.width))


def _cut(random: np.random.Generator, picture: NDArray[np.uint8], place: Placement) -> NDArray[np.uint8]:
    """Cut off one side of the garment in a tenth of the pictures."""
    if random.random() >= _CUT:
        return picture
    part = random.uniform(0.05, 0.25)
    side = int(random.integers(4))
    if side == 0:
        return picture[: place.bottom - round(part * place.height)]
    if side == 1:
        return picture[place.top + round(part * place.height) :]
    if side == 2:
        return picture[:, place.left + round(part * place.width) :]
    return picture[:, : place.left + place.width - round(part * place.width)]
