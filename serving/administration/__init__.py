"""``python -m serving models``: which versions there are, and which of them serve.

The model server's configuration file is the one truth: every command reads it and changes it in one move.
With ``--server`` a running server is taken along first, step by step, so that no request fails. Without
a file, one is begun from the folders under ``--models-dir``.
"""

from serving.administration.command import main
from serving.administration.configuration import read, write
from serving.administration.errors import AdministrationError

__all__ = ["AdministrationError", "main", "read", "write"]
