"""The output for people: a line for each picture, with a bar for its probability."""

from __future__ import annotations

import unicodedata
from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import TypeVar

import click

from client.command.drawing import draw
from client.command.records import Output
from client.results import OK, UNCERTAIN, Failure, Named, Prediction, SeenInput

BAR_WIDTH = 12
INDENT = "    "
T = TypeVar("T", bound=Named)

_EIGHTHS = " ▏▎▍▌▋▊▉"


class Names:
    """The column of names. It fits the names that are written together, and never becomes narrower.

    Args:
        widest: width to which longer names are shortened; None never shortens.

    Attributes:
        width: of the column.
    """

    def __init__(self, widest: int | None) -> None:
        self._widest = widest
        self.width = 1

    def widen(self, names: Iterable[str]) -> None:
        """Make room for more names."""
        widest = max((columns(printable(name)) for name in names), default=1)
        self.width = max(self.width, widest if self._widest is None else min(widest, self._widest))

    def shown(self, name: str) -> str:
        """A name, padded to the column."""
        return fit(printable(name), self.width, self._widest)


class TextOutput(Output[T | Failure]):
    """Lines for people: the name of each picture, and what there is to say about it.

    Args:
        colour: whether to use colours.
        widest_name: width to which longer names are shortened; None never shortens.
    """

    def __init__(self, colour: bool, widest_name: int | None = None) -> None:
        self.colour = colour
        self.names = Names(widest_name)

    def results(self, results: Sequence[T | Failure]) -> str:
        """The lines of some results, aligned with each other."""
        self.names.widen(result.name for result in results)
        self.align([result for result in results if not isinstance(result, Failure)])
        return "".join(f"{self.names.shown(result.name)}  {self._said(result)}\n" for result in results)

    def align(self, results: Sequence[T]) -> None:
        """Make room for more results."""

    @abstractmethod
    def answer(self, result: T) -> str:
        """What there is to say beside the name; the last line without its end."""

    def painted(self, text: str, colour: str) -> str:
        """The text in a colour, where colours are used."""
        return click.style(text, fg=colour) if self.colour else text

    def _said(self, result: T | Failure) -> str:
        if isinstance(result, Failure):
            failed = self.painted("failed", "red")
            return f"{failed}  {result.error.code}: {printable(result.error.detail)}"
        return self.answer(result)


class Text(TextOutput[Prediction]):
    """Label, bar, probability and status; warnings, all probabilities and the picture below them.

    Args:
        colour: whether to use colours.
        show: whether to draw what the model saw.
        widest_name: width to which longer names are shortened; None never shortens.
    """

    def __init__(self, colour: bool, show: bool = False, widest_name: int | None = None) -> None:
        super().__init__(colour, widest_name)
        self._show = show
        self._label_width = 1

    def align(self, results: Sequence[Prediction]) -> None:
        """Make room for their labels."""
        labels = (label for result in results for label in (result.label, *(result.probabilities or ())))
        self._label_width = max(self._label_width, *(columns(printable(label)) for label in labels), 1)

    def answer(self, result: Prediction) -> str:
        """The lines of one picture."""
        answer = f"{self._label(result.label)}  {bar(result.probability)}"
        answer = self.painted(answer, status_colour(result.status))
        others = [f"{printable(top.label)} {top.probability:.0%}" for top in result.top[1:]]
        also = f"  (or {', '.join(others)})" if others and result.status != OK else ""
        lines = [f"{answer} {result.probability:8.2%}  {printable(result.status)}{also}"]
        lines += [f"{INDENT}warning: {printable(warning)}" for warning in result.warnings]
        for label, probability in (result.probabilities or {}).items():
            lines.append(f"{INDENT}{self._label(label)}  {bar(probability)} {probability:8.2%}")
        return "\n".join([*lines, *self._picture(result.input)])

    def _label(self, label: str) -> str:
        return fit(printable(label), self._label_width)

    def _picture(self, seen: SeenInput | None) -> list[str]:
        if not self._show or seen is None:
            return []
        steps = [INDENT + printable(", ".join(seen.steps))] if seen.steps else []
        try:
            return [*draw(seen.png, self.colour), *steps]
        except ValueError as error:
            return [f"{INDENT}(no picture: {error})"]


def status_colour(status: str) -> str:
    """The colour of a status."""
    return {OK: "green", UNCERTAIN: "yellow"}.get(status, "magenta")


def bar(share: float, width: int = BAR_WIDTH) -> str:
    """A bar for 0..1, in eighths of a character."""
    eighths = round(min(max(share, 0.0), 1.0) * width * 8)
    whole, rest = divmod(eighths, 8)
    return ("█" * whole + (_EIGHTHS[rest] if rest else "")).ljust(width)


def printable(text: str) -> str:
    """The text, with everything escaped that could control a terminal, start a line, or is no valid text."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)


def fit(text: str, width: int, widest: int | None = None) -> str:
    """The text padded to ``width`` columns; a text wider than ``widest`` loses its beginning."""
    if widest is not None and columns(text) > widest:
        while columns(text) >= widest:
            text = text[1:]
        text = "…" + text
    return text + " " * (width - columns(text))


def columns(text: str) -> int:
    """How many columns of a terminal the text takes."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    return len(text) + wide - sum(map(bool, map(unicodedata.combining, text)))
