"""What cannot be done."""

from __future__ import annotations


class AdministrationError(Exception):
    """What was asked for cannot be done; the message says why and what to do."""
