"""What was answered for each upload, and how much of it was right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.uploads.manifest import STYLES, Upload, same_label

STATUSES = ("ok", "uncertain", "out_of_distribution")


@dataclass(frozen=True)
class Answer:
    """One answer.

    Attributes:
        upload: what was asked.
        label: the class that was answered, or None for an error.
        status: ``ok``, ``uncertain``, ``out_of_distribution``, or the code of the error.
        probability: of the answered class, 0..1.
        seen: PNG of what the model saw, or None.
    """

    upload: Upload
    label: str | None
    status: str
    probability: float = 0.0
    seen: bytes | None = None

    @property
    def right(self) -> bool:
        """Whether the label is the manifest's."""
        return self.label is not None and same_label(self.label, self.upload.label)


def share(answers: Sequence[Answer], chosen: Callable[[Answer], bool]) -> str:
    """The share of right ones among the chosen, as a cell of a table."""
    some = [answer for answer in answers if chosen(answer)]
    if not some:
        return "-"
    right = sum(answer.right for answer in some)
    return f"{100 * right / len(some):.1f} % ({right}/{len(some)})"


def style_cells(answers: Sequence[Answer], kind: str) -> list[str]:
    """All of them, then those of each style of their kind."""
    styles = [
        share(answers, lambda answer, style=style: style in answer.upload.styles)  # type: ignore[misc]
        for style in STYLES[kind]
    ]
    return [share(answers, lambda _: True), *styles]


def label_cells(answers: Sequence[Answer]) -> list[tuple[str, str]]:
    """The share of right ones for each label, in the order of the labels."""
    labels = sorted({answer.upload.label for answer in answers})
    return [
        (label, share([answer for answer in answers if answer.upload.label == label], lambda _: True))
        for label in labels
    ]


def status_cells(answers: Sequence[Answer]) -> list[str]:
    """How many were called ``ok``, ``uncertain`` and ``out_of_distribution``, and how many were refused."""
    counts = [sum(answer.status == status for answer in answers) for status in STATUSES]
    return [
        f"{100 * n / len(answers):.1f} % ({n}/{len(answers)})" for n in (*counts, len(answers) - sum(counts))
    ]
