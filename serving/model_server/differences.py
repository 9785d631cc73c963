"""Where the embedded server's answers differ from TensorFlow Serving 2.19.1, and why.

The replay of the recorded exchanges fails for a difference that is not listed, and for a listed one that no
longer occurs.
"""

from __future__ import annotations

DIFFERENCES: dict[str, str] = {}
