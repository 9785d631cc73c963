"""Pages of several digits: where the marks are, what each may be, and which reading is the best."""

from serving.images.reading.choice import choose, cost_of
from serving.images.reading.segment import DETAIL, segment
from serving.images.reading.segmentation import NO_DIGIT, Box, Candidate, Line, Segmentation, Span

__all__ = [
    "DETAIL",
    "NO_DIGIT",
    "Box",
    "Candidate",
    "Line",
    "Segmentation",
    "Span",
    "choose",
    "cost_of",
    "segment",
]
