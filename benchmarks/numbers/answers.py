"""The answers for numbers, and tables of how many are right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.numbers.manifest import Number

OK = "ok"


@dataclass(frozen=True)
class Answer:
    """One answer.

    Attributes:
        number: the picture.
        text: the text that was read, with a line feed between lines; empty for an error.
        status: status of the reading, or the code of the error.
        seconds: latency of the answer.
        boxes: left, top, width and height of each mark, in pixels of the picture, and its label.
    """

    number: Number
    text: str
    status: str
    seconds: float
    boxes: tuple[tuple[int, int, int, int, str], ...] = ()

    @property
    def right(self) -> bool:
        """Whether all digits and lines are right."""
        return self.text == self.number.text

    @property
    def digits_right(self) -> int:
        """Number of right digits: the picture's digits less the edit distance to them."""
        return max(0, len(self.number.digits) - distance(self.text.replace("\n", ""), self.number.digits))


def distance(one: str, other: str) -> int:
    """Return the edit distance: insertions, deletions and substitutions (Levenshtein 1966)."""
    row = list(range(len(other) + 1))
    for place, character in enumerate(one, start=1):
        above, row[0] = row[0], place
        for column, opposite in enumerate(other, start=1):
            changed = above + (character != opposite)
            above, row[column] = row[column], min(changed, row[column] + 1, row[column - 1] + 1)
    return row[-1]


def table(answers: Sequence[Answer], groups: Sequence[tuple[str, Callable[[Answer], bool]]]) -> list[str]:
    """Build a Markdown table, as lines, with a row per group that has answers."""
    lines = ["| | all right | digits right | called ok | right when ok |", "|" + " --- |" * 5]
    for name, belongs in groups:
        some = [answer for answer in answers if belongs(answer)]
        if some:
            lines.append(f"| {' | '.join([name, *_cells(some)])} |")
    return lines


def _cells(answers: Sequence[Answer]) -> list[str]:
    sure = [answer for answer in answers if answer.status == OK]
    digits = sum(len(answer.number.digits) for answer in answers)
    return [
        share(sum(answer.right for answer in answers), len(answers)),
        share(sum(answer.digits_right for answer in answers), digits),
        share(len(sure), len(answers)),
        share(sum(answer.right for answer in sure), len(sure)),
    ]


def share(part: int, whole: int) -> str:
    """Format a share as a table cell."""
    return f"{100 * part / whole:.1f} % ({part}/{whole})" if whole else "-"
