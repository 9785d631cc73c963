"""Each odd kind as a function of a digit and a seed: the bytes of an upload.

All are right when they are read as the digit they show, except ``PAIRS``: of those none may be called ``ok``.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw

from tests.odd import drawing
from tests.odd.drawing import Pixels, Tones

Rng = np.random.Generator
Kind = Callable[[Pixels, Rng], bytes]


def sheet_on_desk(digit: Pixels, rng: Rng) -> bytes:
    """A light sheet, upright or turned, on a darker desk that shows on all four sides."""
    sheet, tone = _note(digit, rng, int(rng.integers(40, 420)), (195, 255), (0, 90))
    side = round(max(sheet.shape) * rng.uniform(1.15, 2.6))
    degrees = rng.uniform(-14, 14) if rng.random() < 0.6 else 0.0
    if degrees:
        side = max(side, round(max(sheet.shape) * 1.4))
    picture, _ = drawing.on_ground(
        sheet, (side, round(side * rng.uniform(1, 1.3))), rng.uniform(15, tone - 45), degrees
    )
    return drawing.file(drawing.grained(picture, rng))


def sheet_with_narrow_margin(digit: Pixels, rng: Rng) -> bytes:
    """A sheet that fills nearly all of the picture, a strip of desk around it."""
    sheet, tone = _note(digit, rng, int(rng.integers(80, 500)), (195, 255), (0, 90))
    margin = max(2, round(rng.uniform(0.03, 0.1) * sheet.shape[0]))
    shape = sheet.shape[0] + 2 * margin, sheet.shape[1] + 2 * margin
    picture, _ = drawing.on_ground(sheet, shape, rng.uniform(15, tone - 45), 0.0)
    return drawing.file(drawing.grained(picture, rng))


def sheet_at_the_edge(digit: Pixels, rng: Rng) -> bytes:
    """A sheet on a darker desk that shows on two or three sides only."""
    sheet, tone = _note(digit, rng, int(rng.integers(120, 500)), (195, 255), (0, 90))
    margin = max(6, round(rng.uniform(0.08, 0.3) * sheet.shape[0]))
    shape = sheet.shape[0] + 2 * margin, sheet.shape[1] + 2 * margin
    picture, _ = drawing.on_ground(sheet, shape, rng.uniform(15, tone - 60), 0.0)
    hidden = rng.permutation(4)[: int(rng.integers(1, 3))]
    top, bottom, left, right = (margin if side in hidden else 0 for side in range(4))
    return drawing.file(drawing.grained(picture[top : shape[0] - bottom, left : shape[1] - right], rng))


def dark_card_on_white(digit: Pixels, rng: Rng) -> bytes:
    """A dark card with chalk on it, on a white page."""
    card, tone = _note(digit, rng, int(rng.integers(40, 420)), (0, 90), (170, 255))
    side = round(max(card.shape) * rng.uniform(1.15, 2.6))
    degrees = rng.uniform(-14, 14) if rng.random() < 0.5 else 0.0
    if degrees:
        side = max(side, round(max(card.shape) * 1.4))
    picture, _ = drawing.on_ground(card, (side, side), rng.uniform(tone + 100, 255), degrees)
    return drawing.file(drawing.grained(picture, rng))


def transparent_margin(digit: Pixels, rng: Rng) -> bytes:
    """A screenshot, dark or light, with a transparent margin."""
    dark = rng.random() < 0.7
    card, _ = _note(
        digit,
        rng,
        int(rng.integers(50, 400)),
        (0, 60) if dark else (200, 255),
        (180, 255) if dark else (0, 80),
    )
    margin = max(2, round(rng.uniform(0.04, 0.3) * card.shape[0]))
    grey = np.pad(np.rint(card).astype(np.uint8), margin, constant_values=int(rng.choice([0, 255])))
    alpha = np.pad(np.full(card.shape, 255, np.uint8), margin)
    return drawing.file(np.dstack([grey, grey, grey, alpha]))


def window_shadow(digit: Pixels, rng: Rng) -> bytes:
    """A window with round corners and a soft shadow on transparency, as screenshot tools save it."""
    dark = rng.random() < 0.3
    card, tone = _note(
        digit,
        rng,
        int(rng.integers(90, 500)),
        (15, 60) if dark else (230, 255),
        (200, 255) if dark else (0, 60),
    )
    margin = max(6, round(rng.uniform(0.06, 0.2) * card.shape[0]))
    shape = card.shape[0] + 2 * margin, card.shape[1] + 2 * margin
    window = Image.new("L", shape[::-1])
    box = (margin, margin, shape[1] - margin - 1, shape[0] - margin - 1)
    ImageDraw.Draw(window).rounded_rectangle(box, radius=round(0.04 * card.shape[0]), fill=255)
    cover = np.asarray(window) / 255.0
    drop = np.roll(drawing.blurred(cover * 255.0, margin / 3), round(margin / 5), axis=0) / 255.0
    alpha = np.maximum(cover, drop * rng.uniform(0.25, 0.6))
    grey = np.pad(card, margin, constant_values=tone) * cover
    channels = [np.rint(grey)] * 3 + [np.rint(alpha * 255)]
    return drawing.file(np.dstack(channels).astype(np.uint8))


def figure(digit: Pixels, rng: Rng) -> bytes:
    """A figure of a plotting library: the digit on black, or in its colours, inside a white page."""
    side = int(rng.integers(120, 420))
    shape = round(side * rng.uniform(1.1, 1.5)), round(side * rng.uniform(1.2, 1.9))
    large = np.asarray(Image.fromarray(digit).resize((side, side), Image.Resampling.NEAREST)) / 255.0
    low, high = [((0, 0, 0), (255, 255, 255)), ((68, 1, 84), (253, 231, 37))][int(rng.random() < 0.35)]
    page = Image.new("RGB", shape[::-1], "white")
    colours = np.array(low) * (1 - large[..., None]) + np.array(high) * large[..., None]
    left, top = (shape[1] - side) // 2, (shape[0] - side) // 2
    page.paste(Image.fromarray(colours.astype(np.uint8)), (left, top))
    if rng.random() < 0.5:
        _axes(ImageDraw.Draw(page), left, top, side)
    return drawing.file(page)


def boxed(digit: Pixels, rng: Rng) -> bytes:
    """A digit in a drawn box that keeps clear of the border."""
    return _enclosed(digit, rng, ring=False)


def ringed(digit: Pixels, rng: Rng) -> bytes:
    """A digit in a drawn ring."""
    return _enclosed(digit, rng, ring=True)


def form_cell(digit: Pixels, rng: Rng) -> bytes:
    """One filled cell of a row of printed cells."""
    cell, count = int(rng.integers(60, 200)), int(rng.integers(3, 6))
    margin, line = round(0.3 * cell), int(rng.integers(1, 4))
    sheet = Image.new("L", (count * cell + 2 * margin, cell + 2 * margin), int(rng.integers(225, 256)))
    pen = ImageDraw.Draw(sheet)
    for place in range(count):
        left = margin + place * cell
        pen.rectangle(
            (left, margin, left + cell, margin + cell), outline=int(rng.integers(0, 120)), width=line
        )
    size, chosen = round(cell * rng.uniform(0.5, 0.75)), count // 2
    inked = np.zeros(sheet.size[::-1])
    top, left = margin + (cell - size) // 2, margin + chosen * cell + (cell - size) // 2
    inked[top : top + size, left : left + size] = drawing.ink(digit, size)
    return drawing.file(drawing.grained(drawing.painted(np.asarray(sheet, np.float64), inked, 10.0), rng))


def ruled(digit: Pixels, rng: Rng) -> bytes:
    """Ruled paper; the strokes run along or across the lines."""
    side, paper = int(rng.integers(90, 640)), rng.uniform(215, 255)
    lines = np.zeros((side, side))
    gap, thick = int(side * rng.uniform(0.08, 0.25)), int(rng.integers(1, 4))
    for row in range(int(rng.integers(0, gap)), side, gap):
        lines[row : row + thick] = 1
    sheet = drawing.painted(paper, lines, rng.uniform(90, 190))
    inked = drawing.placed(digit, (side, side), round(side * rng.uniform(0.35, 0.75)), rng)
    if rng.random() < 0.5:
        inked = np.roll(inked, _to_a_line(inked, lines), axis=0)
    return drawing.file(drawing.grained(drawing.painted(sheet, inked, rng.uniform(0, 60)), rng, 3.0))


def squared(digit: Pixels, rng: Rng) -> bytes:
    """Squared paper."""
    side, paper = int(rng.integers(260, 640)), rng.uniform(215, 255)
    lines = np.zeros((side, side))
    gap, thick = int(side * rng.uniform(0.06, 0.15)), int(rng.integers(1, 3))
    for place in range(int(rng.integers(0, gap)), side, gap):
        lines[place : place + thick] = 1
        lines[:, place : place + thick] = 1
    sheet = drawing.painted(paper, lines, rng.uniform(120, 200))
    inked = drawing.placed(digit, (side, side), round(side * rng.uniform(0.35, 0.75)), rng)
    return drawing.file(drawing.grained(drawing.painted(sheet, inked, rng.uniform(0, 60)), rng, 3.0))


def vignette(digit: Pixels, rng: Rng) -> bytes:
    """A page whose light falls off towards the corners."""
    side = int(rng.integers(120, 600))
    rows, columns = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    light = 1.0 - rng.uniform(0.4, 0.9) * np.clip((rows**2 + columns**2) / 2, 0, 1) ** rng.uniform(0.8, 2.0)
    inked = drawing.placed(digit, (side, side), round(side * rng.uniform(0.3, 0.6)), rng)
    paper = drawing.painted(rng.uniform(190, 250), inked, rng.uniform(0, 70))
    return drawing.file(drawing.grained(paper * light, rng))


def page_shadow(digit: Pixels, rng: Rng) -> bytes:
    """A shadow that lies across the page."""
    side = int(rng.integers(150, 600))
    rows, columns = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    angle = rng.uniform(0, 2 * np.pi)
    distance = np.cos(angle) * rows + np.sin(angle) * columns + rng.uniform(-0.4, 0.4)
    light = 1.0 - rng.uniform(0.3, 0.6) / (1.0 + np.exp(-distance * rng.uniform(8, 60)))
    inked = drawing.placed(digit, (side, side), round(side * rng.uniform(0.3, 0.7)), rng)
    return drawing.file(
        drawing.grained(drawing.painted(rng.uniform(190, 250), inked, rng.uniform(0, 60)) * light, rng)
    )


def narrow_deep(digit: Pixels, rng: Rng) -> bytes:
    """16-bit grey that uses the lowest 8, 10 or 12 bits only."""
    side = int(rng.integers(28, 400))
    inked = drawing.placed(digit, (side, side), round(side * 0.7), rng)
    top = int(rng.choice([255, 1023, 4095]))
    return drawing.file(np.rint((1.0 - inked) * top).astype(np.uint16))


def small_range(digit: Pixels, rng: Rng) -> bytes:
    """A small part of the tonal range."""
    span = int(rng.integers(6, 30))
    low = int(rng.integers(0, 256 - span))
    if rng.random() < 0.4:
        return drawing.file(np.rint(digit / 255.0 * span).astype(np.uint8))
    side = int(rng.integers(60, 500))
    inked = drawing.placed(digit, (side, side), round(side * rng.uniform(0.4, 0.7)), rng)
    if rng.random() < 0.5:
        inked = 1.0 - inked
    return drawing.file(np.rint(low + span * inked).astype(np.uint8))


def equal_luminance(digit: Pixels, rng: Rng) -> bytes:
    """Ink and ground of the same luminance in different colours."""
    luma = np.array([0.299, 0.587, 0.114])
    while True:
        ground, pen = rng.uniform(0, 255, 3), rng.uniform(0, 255, 3)
        pen[1] = (luma @ ground - luma[0] * pen[0] - luma[2] * pen[2]) / luma[1]
        if 0 <= pen[1] <= 255 and np.abs(pen - ground).max() > 90:
            break
    side = int(rng.integers(60, 400))
    inked = drawing.placed(digit, (side, side), round(side * rng.uniform(0.5, 0.8)), rng)[..., None]
    colours = ground * (1 - inked) + pen * inked
    if rng.random() < 0.4:
        colours = colours + rng.normal(0, 2.0, colours.shape)
    return drawing.file(np.rint(np.clip(colours, 0, 255)).astype(np.uint8))


def alpha_zero(digit: Pixels, rng: Rng) -> bytes:
    """An alpha channel that is 0 throughout, as PNG or as BMP with a V4 header."""
    grey = _page(digit, rng)
    rgba = np.dstack([grey, grey, grey, np.zeros_like(grey)])
    return drawing.file(rgba) if rng.random() < 0.5 else _bitmap_v4(rgba)


def no_end_marker(digit: Pixels, rng: Rng) -> bytes:
    """A JPEG that lacks only its end marker."""
    image = Image.fromarray(_page(digit, rng, most=900))
    whole = drawing.file(
        image.convert("RGB" if rng.random() < 0.5 else "L"),
        "JPEG",
        quality=int(rng.integers(40, 96)),
        progressive=bool(rng.random() < 0.3),
    )
    return whole[:-2]


def avif(digit: Pixels, rng: Rng) -> bytes:
    """AVIF, half of them with the major brand ``mif1``."""
    image = Image.fromarray(_page(digit, rng)).convert("RGB")
    data = drawing.file(image, "AVIF", quality=int(rng.integers(40, 90)))
    return data[:8] + b"mif1" + data[12:] if rng.random() < 0.5 else data


def blank_first_frame(digit: Pixels, rng: Rng) -> bytes:
    """An animation whose first frame shows nothing."""
    page = Image.fromarray(_page(digit, rng, most=300, plain=True))
    blank = Image.new("L", page.size, 255)
    name = str(rng.choice(["GIF", "PNG", "WEBP"]))
    frames = [blank] * int(rng.integers(0, 3)) + [page, page.rotate(3, fillcolor=255)]
    mode = "P" if name == "GIF" else "RGB"
    return drawing.file(
        blank.convert(mode),
        name,
        save_all=True,
        append_images=[each.convert(mode) for each in frames],
        duration=80,
    )


KINDS: dict[str, Kind] = {
    each.__name__: each
    for each in (
        sheet_on_desk, sheet_with_narrow_margin, dark_card_on_white, transparent_margin, window_shadow,
        figure, boxed, ringed, form_cell, ruled, squared, vignette, page_shadow, narrow_deep, small_range,
        equal_luminance, alpha_zero, no_end_marker, avif, blank_first_frame, sheet_at_the_edge,
    )
}  # fmt: skip
"""Those that show the digit they are given."""


def pair(first: Pixels, second: Pixels, rng: Rng) -> bytes:
    """Two digits side by side: apart, close together, or touching."""
    size = int(rng.integers(40, 240))
    one, two = _tight(drawing.ink(first, size)), _tight(drawing.ink(second, size))
    gap = round(size * rng.choice([rng.uniform(0.1, 0.5), rng.uniform(0.0, 0.1), rng.uniform(-0.06, 0.0)]))
    width = one.shape[1] + gap + two.shape[1]
    both = np.zeros((size, width))
    _put(both, one, 0, size)
    _put(both, two, one.shape[1] + gap, size)
    room = round(size * rng.uniform(0.15, 1.0))
    paper = drawing.painted(rng.uniform(200, 255), np.pad(both, room), rng.uniform(0, 70))
    return drawing.file(drawing.grained(paper, rng))


def pen_digit(rng: Rng) -> tuple[str, bytes, bytes]:
    """A digit drawn with straight strokes of a thin pen on a large scan.

    Returns:
        The digit, the scan as 16-bit grey, and the same in 8 bits.
    """
    side = int(rng.integers(400, 2400))
    width = max(1, round(side * rng.uniform(0.6, 2.2) / 1000))
    label, lines = _POLYGONS[int(rng.integers(len(_POLYGONS)))]
    grey = drawing.strokes(lines, side, width)
    return label, drawing.file(grey.astype(np.uint16) * 257), drawing.file(grey)


_POLYGONS = (
    ("1", [[(0.5, 0.2), (0.5, 0.8)]]),
    ("4", [[(0.55, 0.2), (0.3, 0.58), (0.72, 0.58)], [(0.6, 0.4), (0.6, 0.82)]]),
    ("7", [[(0.3, 0.25), (0.7, 0.25), (0.47, 0.8)]]),
    ("2", [[(0.32, 0.35), (0.4, 0.23), (0.58, 0.22), (0.66, 0.34), (0.6, 0.48), (0.32, 0.78), (0.7, 0.78)]]),
    ("3", [[(0.33, 0.25), (0.62, 0.23), (0.66, 0.36), (0.5, 0.48), (0.68, 0.6), (0.6, 0.78), (0.32, 0.76)]]),
    (
        "5",
        [[(0.66, 0.22), (0.38, 0.22), (0.36, 0.47), (0.56, 0.44), (0.67, 0.58), (0.6, 0.77), (0.34, 0.76)]],
    ),
    (
        "0",
        [
            [
                (0.5, 0.2),
                (0.36, 0.3),
                (0.33, 0.55),
                (0.42, 0.78),
                (0.58, 0.78),
                (0.67, 0.5),
                (0.62, 0.27),
                (0.5, 0.2),
            ]
        ],
    ),
)


def _note(
    digit: Pixels, rng: Rng, side: int, tones: tuple[int, int], pens: tuple[int, int]
) -> tuple[Tones, float]:
    """A sheet with a digit on it, and the sheet's tone."""
    shape = side, round(side * rng.uniform(0.85, 1.25))
    tone = rng.uniform(*tones)
    size = round(min(shape) * rng.uniform(0.4, 0.8))
    return drawing.painted(tone, drawing.placed(digit, shape, size, rng), rng.uniform(*pens)), tone


def _page(digit: Pixels, rng: Rng, most: int = 600, *, plain: bool = False) -> Pixels:
    side = int(rng.integers(60, most))
    inked = drawing.placed(digit, (side, side), round(side * rng.uniform(0.45, 0.8)), rng)
    if plain:
        return np.rint(255.0 * (1.0 - inked)).astype(np.uint8)
    return drawing.grained(drawing.painted(rng.uniform(210, 255), inked, rng.uniform(0, 70)), rng)


def _enclosed(digit: Pixels, rng: Rng, *, ring: bool) -> bytes:
    side = int(rng.integers(70, 600))
    margin, width = rng.uniform(0.03, 0.2), rng.uniform(0.005, 0.03) * side
    inner = side * (1 - 2 * margin) - 2 * width
    size = round(inner * rng.uniform(0.4, 0.62 if ring else 0.75))
    degrees = rng.uniform(-8, 8) if rng.random() < 0.4 and margin > 0.1 else 0.0
    line = drawing.outline((side, side), max(1.0, width), margin, ring=ring, degrees=degrees)
    inked = np.maximum(line, drawing.placed(digit, (side, side), size, rng, 0.05))
    paper, pen = rng.uniform(205, 255), rng.uniform(0, 80)
    if rng.random() < 0.2:
        paper, pen = pen, paper
    return drawing.file(drawing.grained(drawing.painted(paper, inked, pen), rng))


def _to_a_line(inked: Tones, lines: Tones) -> int:
    """By how many rows to move a digit so that its widest row lies on a line."""
    widest = int((inked > 0.5).sum(axis=1).argmax())
    rows = np.flatnonzero(lines[:, 0])
    return int(rows[np.abs(rows - widest).argmin()]) - widest


def _axes(pen: ImageDraw.ImageDraw, left: int, top: int, side: int) -> None:
    """The ticks and figures of a plot's axes."""
    pen.rectangle((left, top, left + side, top + side), outline="black")
    for tick in range(0, 28, 5):
        at = round((tick + 0.5) / 28 * side)
        pen.line((left - 4, top + at, left, top + at), fill="black")
        pen.line((left + at, top + side, left + at, top + side + 4), fill="black")
        pen.text((left - 18, top + at - 5), str(tick), fill="black")
        pen.text((left + at - 3, top + side + 5), str(tick), fill="black")


def _bitmap_v4(rgba: Pixels) -> bytes:
    """A BMP of 32 bits whose header names an alpha mask."""
    height, width = rgba.shape[:2]
    pixels = np.ascontiguousarray(rgba[::-1, :, [2, 1, 0, 3]]).tobytes()
    masks = (0x00FF0000, 0x0000FF00, 0x000000FF, 0xFF000000)
    header = struct.pack(
        "<IiiHHIIiiII4I", 108, width, height, 1, 32, 3, len(pixels), 2835, 2835, 0, 0, *masks
    )
    header += b"BGRs" + bytes(48)
    return struct.pack("<2sIHHI", b"BM", 14 + 108 + len(pixels), 0, 0, 14 + 108) + header + pixels


def _tight(inked: Tones) -> Tones:
    rows, columns = np.flatnonzero(inked.max(axis=1) > 0.3), np.flatnonzero(inked.max(axis=0) > 0.3)
    return inked[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _put(sheet: Tones, inked: Tones, left: int, size: int) -> None:
    top = (size - inked.shape[0]) // 2
    place = sheet[top : top + inked.shape[0], left : left + inked.shape[1]]
    np.maximum(place, inked, out=place)
