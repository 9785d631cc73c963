"""The type of the arrays that go through the server, apart from TensorFlow, which takes seconds to import."""

from __future__ import annotations

from typing import Any, TypeAlias

from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
