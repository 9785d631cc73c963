"""The error of the folder of models."""

from __future__ import annotations


class StoreError(Exception):
    """The command cannot be carried out; the message says why and what to do."""
