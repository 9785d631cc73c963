"""How results look in a notebook: HTML with the picture, and tables for pandas."""

from __future__ import annotations

import io
from base64 import b64encode
from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING, Any

from client.errors import ClientError, SourceError
from client.results import Failure, Prediction, Reading, Result
from client.thumbnails import boxed, upright

if TYPE_CHECKING:
    import pandas
    from PIL.Image import Image

THUMBNAIL_PIXELS = 112
READING_PIXELS = 480
COLUMNS = (
    "file",
    "label",
    "class_id",
    "probability",
    "status",
    "model",
    "version",
    "error",
    "detail",
    "warnings",
)


def prediction_html(result: Prediction) -> str:
    """The picture, what the model saw if it is included, the label, and the other candidates."""
    seen = _img(result.input.png, "what the model saw") if result.input else ""
    others = ", ".join(f"{escape(top.label)} {top.probability:.1%}" for top in result.top[1:])
    lines = [
        f"<b>{escape(result.label)}</b> {result.probability:.1%}, {escape(result.status)}",
        f"<small>{escape(result.name)}</small>",
        f"<small>or {others}</small>" if others else "",
        *(f"<small>{escape(warning)}</small>" for warning in result.warnings),
    ]
    return _side_by_side(_thumbnail(result.source) + seen, "<br>".join(filter(None, lines)))


def failure_html(result: Failure) -> str:
    """The picture, if it can be shown, and why it has no answer."""
    told = f"<b>{escape(result.error.code)}</b><br>{escape(result.error.detail)}"
    return _side_by_side(_thumbnail(result.source), f"{told}<br><small>{escape(result.name)}</small>")


def reading_html(result: Reading) -> str:
    """The picture with a box around each mark, and the text."""
    try:
        picture = _img(_png(boxed(result, READING_PIXELS)), "the picture with its marks", READING_PIXELS)
    except SourceError:
        picture = ""
    lines = [
        f"<b>{escape(result.text).replace(chr(10), '<br>')}</b>",
        escape(result.status),
        f"<small>{escape(result.name)}</small>",
        *(f"<small>{escape(warning)}</small>" for warning in result.warnings),
    ]
    return _side_by_side(picture, "<br>".join(lines))


def table_row(result: Result) -> dict[str, Any]:
    """A result as one row with the columns of ``COLUMNS``."""
    row = dict.fromkeys(COLUMNS)
    if isinstance(result, Failure):
        return {**row, "file": result.name, "error": result.error.code, "detail": result.error.detail}
    return {
        **row,
        "file": result.name,
        "label": result.label,
        "class_id": result.class_id,
        "probability": result.probability,
        "status": result.status,
        "model": result.model,
        "version": result.version,
        "warnings": "; ".join(result.warnings) or None,
    }


def data_frame(results: Iterable[Result]) -> pandas.DataFrame:
    """The results as a DataFrame with the columns of ``COLUMNS``, one row each.

    Raises:
        ClientError: pandas is not installed.
    """
    try:
        import pandas
    except ImportError as error:
        raise ClientError("a DataFrame needs pandas: pip install pandas") from error
    frame = pandas.DataFrame([table_row(result) for result in results], columns=list(COLUMNS))
    return frame.astype({"class_id": "Int64", "version": "Int64", "probability": "Float64"})


def _thumbnail(source: object) -> str:
    """The caller's picture, small; nothing if Pillow cannot read it."""
    try:
        return _img(_png(upright(source, THUMBNAIL_PIXELS)), "the picture")
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


def _side_by_side(pictures: str, text: str) -> str:
    return f'<div style="display:flex;align-items:center">{pictures}<div>{text}</div></div>'
