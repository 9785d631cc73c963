"""How results look in a notebook: HTML with the picture, and tables for pandas."""

from __future__ import annotations

import io
from base64 import b64encode
from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING, Any

from client.errors import ClientError, SourceError
from client.results import Failure, Prediction, Result
from client.sources import load

if TYPE_CHECKING:
    import pandas

THUMBNAIL_PIXELS = 112
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
    """The caller's picture, small; nothing where Pillow cannot read it (any more)."""
    from PIL import Image, ImageOps

    try:
        data = b"".join(load(source).blocks())
        image = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
        image.thumbnail((THUMBNAIL_PIXELS, THUMBNAIL_PIXELS))
        buffer = io.BytesIO()
        image.convert("RGBA").save(buffer, "PNG")
    except (SourceError, OSError, ValueError, Image.DecompressionBombError):
        return ""
    return _img(buffer.getvalue(), "the picture")


def _img(png: bytes, alt: str) -> str:
    source = f"data:image/png;base64,{b64encode(png).decode()}"
    style = f"height:{THUMBNAIL_PIXELS}px;image-rendering:pixelated;margin-right:8px"
    return f'<img src="{source}" alt="{alt}" style="{style}">'


def _side_by_side(pictures: str, text: str) -> str:
    return f'<div style="display:flex;align-items:center">{pictures}<div>{text}</div></div>'
