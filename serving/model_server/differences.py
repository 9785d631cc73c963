"""Where the embedded server answers otherwise than TensorFlow Serving 2.19.1 in a recorded exchange, and why.

The replay of the record fails for any difference that is not listed here, and for any listed one that is gone.
"""

from __future__ import annotations

DIFFERENCES: dict[str, str] = {}
