"""Multipart bodies as no client writes them."""

from __future__ import annotations

from collections.abc import Iterator

from tests.hostile.case import Request
from tests.hostile.pictures import sound

PATH = "/v1/models/digits:classify"
BOUNDARY = "x"


def cases() -> Iterator[Request]:
    """All of them."""
    picture = sound("PNG")
    yield from _boundaries(picture)
    yield from _names(picture)
    yield from _counts(picture)
    yield from _parts(picture)
    yield from _nested(picture)


def form(name: str, body: bytes, boundary: str = f"; boundary={BOUNDARY}") -> Request:
    """A request with a multipart body."""
    return Request(name, PATH, (("Content-Type", f"multipart/form-data{boundary}"),), body)


def part(disposition: str, content: bytes, *headers: str, boundary: str = BOUNDARY) -> bytes:
    """One part of a form."""
    lines = [f"--{boundary}", f"Content-Disposition: {disposition}", *headers, "", ""]
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + content + b"\r\n"


def closed(*parts: bytes, boundary: str = BOUNDARY) -> bytes:
    """Parts with the end of the form."""
    return b"".join(parts) + f"--{boundary}--\r\n".encode()


def _file(name: str) -> str:
    return f'form-data; name="image"; filename="{name}"'


def _boundaries(picture: bytes) -> Iterator[Request]:
    whole = closed(part(_file("a.png"), picture))
    for name, boundary in (
        ("no boundary", ""),
        ("an empty boundary", "; boundary="),
        ("an empty quoted boundary", '; boundary=""'),
        ("another boundary", "; boundary=y"),
        ("a boundary of 5,000", "; boundary=" + "x" * 5_000),
        ("a boundary of dashes", "; boundary=--"),
        ("a boundary that is a pattern", '; boundary="(x+x+)+y"'),
        ("a boundary in other letters", "; boundary=\xe4\xf6"),
        ("two boundaries", "; boundary=y; boundary=x"),
        ("a boundary in pieces", "; boundary*0=x; boundary*1=y"),
        ("a boundary in percent", "; boundary*=utf-8''%78"),
    ):
        yield form(name, whole, boundary)
    yield form("half-closed form", part(_file("a.png"), picture))
    yield form("only a preamble", b"nothing here\r\n" * 10_000)
    yield form("only new lines", b"\r\n" * 500_000)
    yield form("only dashes", b"-" * 1_000_000)
    yield form("boundaries without parts", b"--x\r\n" * 100_000)
    yield form("nearly boundaries", closed(part(_file("a"), b"\r\n--" * 200_000)))
    yield form("an epilogue of a megabyte", whole + bytes(1_000_000))


def _names(picture: bytes) -> Iterator[Request]:
    names = {
        "path": "../../../../etc/passwd",
        "Windows path": "C:\\Windows\\win.ini",
        "zeros": "a\0.png\0",
        "colours": "\x1b[31mred\x1b[0m",
        "quotes": 'a\\"b',
        "markup": "<script>alert(1)</script>",
        "other way": "\u202egnp.exe",
        "long": "a" * 100_000,
        "wide": "\U0001f9a6" * 5_000,
        "no name": "",
        "format": "%s%n{0}{self}",
        "address": "http://127.0.0.1:1/a.png",
        "lone surrogate": "\udcff\udcfe",
    }
    for name, value in names.items():
        yield form(f"name: {name}", closed(part(_file(value), picture)))
    yield form("name: new line", closed(part(_file("a\r\nX-Injected: 1\r\n.png"), picture)))
    for kind in ("utf-8''%0d%0aX: 1", "utf-16''%ff", "nocode''a", "''", "utf-8''%00" + "%41" * 9_000):
        yield form(f"name*: {kind[:12]}", closed(part(f"form-data; name=a; filename*={kind}", picture)))


def _counts(picture: bytes) -> Iterator[Request]:
    yield form("a thousand parts", closed(*[part(_file("a.png"), picture)] * 1_000))
    yield form("a thousand empty parts", closed(*[part(_file("a.png"), b"")] * 1_000))
    yield form("100,000 parts", closed(*[part('form-data; name="a"', b"")] * 100_000))
    yield form("128 damaged pictures", closed(*[part(_file("a.png"), picture[:90])] * 128))


def _parts(picture: bytes) -> Iterator[Request]:
    many = [f"X-{number}: y" for number in range(5_000)]
    for name, disposition, headers in (
        ("5,000 headers", _file("a"), many),
        ("a header of a megabyte", _file("a"), ["X: " + "y" * 1_000_000]),
        ("no colon", _file("a"), ["what"]),
        ("empty header", _file("a"), [":"]),
        ("a length that lies", _file("a"), ["Content-Length: 99999999999"]),
        ("another coding", _file("a"), ["Content-Transfer-Encoding: base64"]),
        ("another character set", _file("a"), ["Content-Type: image/png; charset=nonsense"]),
        ("two dispositions", _file("a"), [f"Content-Disposition: {_file('b')}"]),
        ("attachment", "attachment; filename=a", []),
        ("a disposition of nothing", "", []),
        ("a disposition of semicolons", ";" * 10_000, []),
        ("a disposition of quotes", 'form-data; name="' + '\\"' * 10_000, []),
    ):
        yield form(f"part: {name}", closed(part(disposition, picture, *headers)))
    yield form("part without headers", b"--x\r\n\r\n" + picture + b"\r\n--x--\r\n")
    yield form("part of bare new lines", closed(part(_file("a"), picture)).replace(b"\r\n", b"\n"))


def _nested(picture: bytes) -> Iterator[Request]:
    body = picture
    for depth in range(50):
        inner = closed(part(_file("a.png"), body, boundary=f"b{depth}"), boundary=f"b{depth}")
        body = b"\r\n" + inner
    mixed = "Content-Type: multipart/mixed; boundary=b49"
    yield form("a form within a form, 50 deep", closed(part(_file("a.png"), body, mixed)))
    yield form(
        "a form with its own boundary within", closed(part(_file("a"), closed(part(_file("b"), picture))))
    )
