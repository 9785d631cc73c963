"""Where the embedded server answers otherwise than TensorFlow Serving 2.19.1 did, and why.

The replay of the record fails for a difference that is not listed, and for a listed one that is gone.
"""

from __future__ import annotations

DIFFERENCES: dict[str, str] = {}
