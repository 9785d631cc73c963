"""Errors of decoders: a file that a decoder fails on is the caller's error, any other failure is a bug."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image

from serving.errors import ServiceError, TooLarge, UnreadableImage

# What Pillow and its libraries are known to raise on damaged or hostile bytes. Warnings are raised if the
# process turns them into errors.
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
    """Translate the errors of a decoder; call nothing but the decoder inside the block.

    Args:
        name: the format of the file, for the error message.

    Raises:
        TooLarge: if the file claims to have more pixels than any picture.
        UnreadableImage: if the decoder fails.
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
    """Return the error for a damaged or truncated file of format ``name``."""
    return UnreadableImage(f"The {name} file is damaged or truncated: save it again and resend it.")
