"""What was read on each picture, and how much of it was right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.numbers.manifest import Number

OK = "ok"


@dataclass(frozen=True)
class Answer:
    """One answer.

    Attributes:
        number: what was asked.
        text: what was read, with a line feed between lines; empty for an error.
        status: of the reading, or the code of the error.
        seconds: how long the answer took.
        boxes: left, top, width, height of each mark, in pixels of the picture, with its label.
    """

    number: Number
    text: str
    status: str
    seconds: float
    boxes: tuple[tuple[int, int, int, int, str], ...] = ()

    @property
    def right(self) -> bool:
        """Whether every digit and every line is right."""
        return self.text == self.number.text

    @property
    def digits_right(self) -> int:
        """How many of the picture's digits are right: all but the edits that lead to them."""
        return max(0, len(self.number.digits) - distance(self.text.replace("\n", ""), self.number.digits))


def distance(one: str, other: str) -> int:
    """How many characters have to be put in, taken out or changed (Levenshtein 1966)."""
    row = list(range(len(other) + 1))
    for place, character in enumerate(one, start=1):
        above, row[0] = row[0], place
        for column, opposite in enumerate(other, start=1):
            changed = above + (character != opposite)
            above, row[column] = row[column], min(changed, row[column] + 1, row[column - 1] + 1)
    return row[-1]


def table(answers: Sequence[Answer], groups: Sequence[tuple[str, Callable[[Answer], bool]]]) -> list[str]:
    """A table in Markdown with a row for each group that has any answers."""
    lines = ["| | without a fault | digits right | called ok | right when ok |", "|" + " --- |" * 5]
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
    """A share as a cell of a table."""
    return f"{100 * part / whole:.1f} % ({part}/{whole})" if whole else "-"
