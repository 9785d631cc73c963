"""Silencing of libtiff, which writes to standard error.

It writes several lines per damaged file, in no log format, so anyone who uploads could fill the log. The
caller gets the error in the answer instead.
"""

from __future__ import annotations

import ctypes
from functools import cache

from PIL import _imaging

_HANDLERS = ("TIFFSetErrorHandler", "TIFFSetWarningHandler")


@cache
def silence_libtiff() -> None:
    """Remove libtiff's error and warning handlers in this process; does nothing if Pillow has no libtiff."""
    try:
        # The lookup includes the libraries that Pillow's extension is linked with.
        library = ctypes.CDLL(_imaging.__file__)
        setters = [getattr(library, name) for name in _HANDLERS]
    except (AttributeError, OSError):
        return
    for set_handler in setters:
        set_handler.restype, set_handler.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
        set_handler(None)
