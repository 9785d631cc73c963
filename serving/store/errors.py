"""What goes wrong with a folder of models."""

from __future__ import annotations


class StoreError(Exception):
    """What was asked for cannot be done; the message says why and what to do."""
