"""Whose fault it is when a file cannot be read: the file's where a decoder fails on it, else our own."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image

from serving.errors import ServiceError, TooLarge, UnreadableImage

# What Pillow and its libraries are known to raise on damaged or hostile bytes. Warnings are among them
# where the process turns them into errors.
DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    ArithmeticError,
    AttributeError,
    AssertionError,
    RuntimeError,
    MemoryError,
    struct.error,
    Warning,
)


@contextmanager
def read_from(name: str) -> Iterator[None]:
    """Call a decoder, and nothing else, within this block.

    Args:
        name: the file's format.

    Raises:
        TooLarge: the file claims more pixels than any picture has.
        UnreadableImage: the decoder failed.
    """
    try:
        yield
    except ServiceError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise TooLarge("The picture has too many pixels. Send a smaller one.") from error
    except DAMAGE as error:
        raise unreadable(name) from error


def unreadable(name: str) -> UnreadableImage:
    """The error for a file that is damaged or cut off."""
    return UnreadableImage(f"The {name} file is damaged or truncated: save it again and resend it.")
