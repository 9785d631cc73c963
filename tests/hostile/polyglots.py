"""Files that are two things at once, and files that are not what they begin like."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator

from tests.hostile.case import Case
from tests.hostile.pictures import FORMATS, after_jpeg_start, jpeg_segment, sound

SCRIPT = b"<html><script>fetch('http://127.0.0.1:1/')</script></html>"
PDF = b"%PDF-1.4\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj\ntrailer<</Root 1 0 R>>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><image href="http://127.0.0.1:1/"/><script>1</script></svg>'
XML = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><svg>&a;</svg>'
LAUGHS = (
    b"<!DOCTYPE x ["
    + b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
    + b"]><svg>&l9;</svg>"
)
POSTSCRIPT = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) (r) file"
EXECUTABLES = (b"\x7fELF" + bytes(200), b"MZ" + bytes(200), b"#!/bin/sh\nid\n")


def cases() -> Iterator[Case]:
    """All of them."""
    yield Case("GIF and HTML", b"GIF89a/*" + SCRIPT + b"*/=1;" + sound("GIF")[13:])
    yield Case("JPEG and PDF", after_jpeg_start(jpeg_segment(0xFE, PDF)))
    yield Case("JPEG and HTML", after_jpeg_start(jpeg_segment(0xFE, SCRIPT)))
    for name in FORMATS:
        yield Case(f"{name} and ZIP", sound(name) + _archive())
        yield Case(f"{name} and HTML", sound(name) + SCRIPT)
        yield Case(f"{name} twice", sound(name) * 2)
        for other in FORMATS:
            if other != name:
                yield Case(f"{name} that begins like {other}", sound(other)[:12] + sound(name)[12:])
    for name, data in (("SVG", SVG), ("XML", XML), ("laughs", LAUGHS), ("EPS", POSTSCRIPT), ("PDF", PDF)):
        yield Case(name, data)
    yield from (Case("executable", data) for data in EXECUTABLES)
    yield Case("ZIP", _archive())


def _archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../etc/passwd", bytes(100_000))
    return out.getvalue()
