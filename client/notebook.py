"""Results in a notebook: HTML with the picture."""

from __future__ import annotations

import io
from base64 import b64encode
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from client.drawing import boxed, thumbnail
from client.errors import SourceError
from client.results import Failure, Prediction, Reading

if TYPE_CHECKING:
    from PIL.Image import Image

THUMBNAIL_PIXELS = 112
READING_PIXELS = 480


def prediction_html(result: Prediction) -> str:
    """The picture, what the model saw if it is included, the label, and the other candidates."""
    seen = _img(result.input.png, "what the model saw") if result.input else ""
    others = ", ".join(f"{top.label} {top.probability:.1%}" for top in result.top[1:])
    head = f"<b>{escape(result.label)}</b> {result.probability:.1%}, {escape(result.status)}"
    small = [result.name, f"or {others}" if others else "", *result.warnings]
    return _side_by_side(_thumbnail(result.source) + seen, head, small)


def failure_html(result: Failure) -> str:
    """The picture, if it can be shown, and why it has no answer."""
    head = f"<b>{escape(result.error.code)}</b><br>{escape(result.error.detail)}"
    return _side_by_side(_thumbnail(result.source), head, [result.name])


def reading_html(result: Reading) -> str:
    """The picture with a box around each mark, and the text."""
    try:
        picture = _img(_png(boxed(result, READING_PIXELS)), "the picture with its marks", READING_PIXELS)
    except SourceError:
        picture = ""
    text = escape(result.text).replace("\n", "<br>")
    head = f"<b>{text}</b><br>{escape(result.status)}"
    return _side_by_side(picture, head, [result.name, *result.warnings])


def _thumbnail(source: object) -> str:
    """The caller's picture, small; nothing if Pillow cannot read it."""
    try:
        return _img(_png(thumbnail(source, THUMBNAIL_PIXELS)[0]), "the picture")
    except SourceError:
        return ""


def _png(image: Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def _img(png: bytes, alt: str, pixels: int = THUMBNAIL_PIXELS) -> str:
    source = f"data:image/png;base64,{b64encode(png).decode()}"
    style = f"max-width:{pixels}px;min-height:{THUMBNAIL_PIXELS}px;image-rendering:pixelated;margin-right:8px"
    return f'<img src="{source}" alt="{alt}" style="{style}">'


def _side_by_side(pictures: str, head: str, small: Sequence[str]) -> str:
    """Pictures beside their text: ``head`` is HTML, the ``small`` lines are plain text."""
    lines = [head, *(f"<small>{escape(line)}</small>" for line in small if line)]
    return f'<div style="display:flex;align-items:center">{pictures}<div>{"<br>".join(lines)}</div></div>'
