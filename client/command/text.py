"""The output for people: a line for each picture, with a bar for its probability."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

import click

from client.command.drawing import draw
from client.command.records import Output
from client.results import OK, UNCERTAIN, Failure, Prediction, Result

BAR_WIDTH = 12
INDENT = "    "
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


class Text(Output[Result]):
    """Lines with name, label, bar, probability and status; warnings and what was included below them.

    The columns of results that are written together are aligned; later ones are never narrower.

    Args:
        colour: whether to use colours.
        show: whether to draw what the model saw.
        widest_name: width to which longer names are shortened; None never shortens.
    """

    def __init__(self, colour: bool, show: bool = False, widest_name: int | None = None) -> None:
        self._colour = colour
        self._show = show
        self._names = Names(widest_name)
        self._label_width = 1

    def results(self, results: Sequence[Result]) -> str:
        """The lines of some results."""
        self._names.widen(result.name for result in results)
        for result in results:
            if isinstance(result, Prediction):
                labels = (result.label, *(result.probabilities or ()))
                self._label_width = max(self._label_width, *(columns(printable(label)) for label in labels))
        return "".join(map(self._lines, results))

    def _lines(self, result: Result) -> str:
        name = self._names.shown(result.name)
        if isinstance(result, Failure):
            error = result.error
            return f"{name}  {self._paint('failed', 'red')}  {error.code}: {printable(error.detail)}\n"
        lines = [f"{name}  {self._answer(result)}"]
        lines += [f"{INDENT}warning: {printable(warning)}" for warning in result.warnings]
        for label, probability in (result.probabilities or {}).items():
            lines.append(f"{INDENT}{self._label(label)}  {bar(probability)} {probability:8.2%}")
        return "\n".join(lines) + "\n" + self._picture(result)

    def _answer(self, result: Prediction) -> str:
        answer = f"{self._label(result.label)}  {bar(result.probability)}"
        answer = self._paint(answer, status_colour(result.status))
        others = [f"{printable(top.label)} {top.probability:.0%}" for top in result.top[1:]]
        also = f"  (or {', '.join(others)})" if others and result.status != OK else ""
        return f"{answer} {result.probability:8.2%}  {printable(result.status)}{also}"

    def _label(self, label: str) -> str:
        return fit(printable(label), self._label_width)

    def _picture(self, result: Prediction) -> str:
        if not self._show or result.input is None:
            return ""
        steps = f"{INDENT}{printable(', '.join(result.input.steps))}\n" if result.input.steps else ""
        try:
            return draw(result.input.png, self._colour) + steps
        except ValueError as error:
            return f"{INDENT}(no picture: {error})\n"

    def _paint(self, text: str, colour: str) -> str:
        return click.style(text, fg=colour) if self._colour else text


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
