"""The answers for uploads, and table cells of how many are right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.uploads.manifest import STYLES, Upload, same_label

STATUSES = ("ok", "uncertain", "out_of_distribution")


@dataclass(frozen=True)
class Answer:
    """One answer.

    Attributes:
        upload: the upload.
        label: the answered class, or None for an error.
        status: ``ok``, ``uncertain``, ``out_of_distribution``, or the code of the error.
        probability: probability of the answered class, 0..1.
        seen: the pixels that the model got, as PNG, or None.
    """

    upload: Upload
    label: str | None
    status: str
    probability: float = 0.0
    seen: bytes | None = None

    @property
    def right(self) -> bool:
        """Whether the answered class is the manifest's label."""
        return self.label is not None and same_label(self.label, self.upload.label)


def share(answers: Sequence[Answer], chosen: Callable[[Answer], bool]) -> str:
    """Format the share of right answers among the chosen ones as a table cell."""
    some = [answer for answer in answers if chosen(answer)]
    if not some:
        return "-"
    right = sum(answer.right for answer in some)
    return f"{100 * right / len(some):.1f} % ({right}/{len(some)})"


def style_cells(answers: Sequence[Answer], kind: str) -> list[str]:
    """Return the cells for all answers and for each style of a kind."""
    styles = [
        share(answers, lambda answer, style=style: style in answer.upload.styles)  # type: ignore[misc]
        for style in STYLES[kind]
    ]
    return [share(answers, lambda _: True), *styles]


def label_cells(answers: Sequence[Answer]) -> list[tuple[str, str]]:
    """Return each label with its share of right answers, sorted by label."""
    labels = sorted({answer.upload.label for answer in answers})
    return [
        (label, share([answer for answer in answers if answer.upload.label == label], lambda _: True))
        for label in labels
    ]


def status_cells(answers: Sequence[Answer]) -> list[str]:
    """Return the shares of ``ok``, ``uncertain``, ``out_of_distribution`` and refused answers."""
    counts = [sum(answer.status == status for answer in answers) for status in STATUSES]
    return [
        f"{100 * n / len(answers):.1f} % ({n}/{len(answers)})" for n in (*counts, len(answers) - sum(counts))
    ]
