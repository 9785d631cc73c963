"""The file of API keys: ``NAME SHA256`` on each line, the digest in hexadecimal; ``#`` begins a comment.

The keys themselves are never written. A plain digest protects them: they are 256 random bits, which cannot be
guessed, so that a slow hash would only make every request slower.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import tempfile
from collections.abc import Mapping
from pathlib import Path

PREFIX = "mnist_"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_LINE = re.compile(r"(?P<name>\S+)\s+(?P<digest>[0-9a-f]{64})")


class KeyFileError(ValueError):
    """A file of keys that cannot be read; the message names file and line, never a digest."""


def make_key() -> str:
    """A new key."""
    return PREFIX + secrets.token_urlsafe(32)


def digest(key: str) -> str:
    """The digest that the file holds for a key."""
    return hashlib.sha256(key.encode()).hexdigest()


def read(path: Path) -> dict[str, str]:
    """Digests by name.

    Raises:
        KeyFileError: the file is missing, or a line does not have this form.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise KeyFileError(f"{path}: cannot be read as text") from error
    digests: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        match = _LINE.fullmatch(text)
        if match is None or not NAME.fullmatch(match["name"]) or match["name"] in digests:
            raise KeyFileError(f"{path}: line {number} is not a new name and a SHA-256 digest")
        digests[match["name"]] = match["digest"]
    return digests


def write(path: Path, digests: Mapping[str, str]) -> None:
    """Replace the file atomically; only its owner can read it.

    Raises:
        OSError: the folder cannot be written.
    """
    content = "".join(f"{name} {value}\n" for name, value in digests.items())
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(content)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
