"""libtiff kept from writing to standard error.

It says there what it thinks of each damaged file, several lines a file, in no form that a log reader knows:
anyone who uploads could fill the log. What is wrong with a file is told to its sender, in the answer.
"""

from __future__ import annotations

import ctypes
from functools import cache

from PIL import _imaging

_HANDLERS = ("TIFFSetErrorHandler", "TIFFSetWarningHandler")


@cache
def silence_libtiff() -> None:
    """Take away libtiff's handlers, for the whole process; does nothing where Pillow has no libtiff."""
    try:
        # Symbols are looked up in the libraries that Pillow's own is linked with as well.
        library = ctypes.CDLL(_imaging.__file__)
        setters = [getattr(library, name) for name in _HANDLERS]
    except (AttributeError, OSError):
        return
    for set_handler in setters:
        set_handler.restype, set_handler.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
        set_handler(None)
