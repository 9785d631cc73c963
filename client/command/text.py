"""The output for people: a line for each picture, and what else there is to say below it."""

from __future__ import annotations

from collections.abc import Sequence

import click

from client.errors import SourceError
from client.records import Output
from client.results import OK, UNCERTAIN, Correction, Failure, Outcome, Prediction, Reading

BAR_WIDTH = 12

_INDENT = "    "
_EIGHTHS = " ▏▎▍▌▋▊▉"


class Column:
    """A column that fits the texts that are written together, and never becomes narrower.

    Args:
        widest: width to which longer texts are shortened; None never shortens.

    Attributes:
        width: of the column.
    """

    def __init__(self, widest: int | None = None) -> None:
        self._widest = widest
        self.width = 1

    def widen(self, texts: Sequence[str]) -> None:
        """Make room for more texts."""
        widest = max((columns(printable(text)) for text in texts), default=1)
        self.width = max(self.width, widest if self._widest is None else min(widest, self._widest))

    def fit(self, text: str) -> str:
        """The text, padded to the column."""
        return fit(printable(text), self.width, self._widest)


class Text(Output):
    """Lines for people: the name of each picture and its answer, with warnings and drawings below.

    Args:
        colour: whether to use colours.
        show: whether to draw what the model saw, or the picture with a box around each mark.
        widest_name: width to which longer names are shortened; None never shortens.
    """

    def __init__(self, colour: bool, show: bool = False, widest_name: int | None = None) -> None:
        self._colour = colour
        self._show = show
        self._names = Column(widest_name)
        self._labels = Column()

    def results(self, results: Sequence[Outcome]) -> str:
        """The lines of some results, aligned with each other."""
        self._names.widen([result.name for result in results])
        predictions = [result for result in results if isinstance(result, Prediction)]
        self._labels.widen(
            [label for each in predictions for label in (each.label, *(each.probabilities or ()))]
        )
        return "".join(f"{self._names.fit(result.name)}  {self._answer(result)}\n" for result in results)

    def _answer(self, result: Outcome) -> str:
        if isinstance(result, Failure):
            failed = self._painted("failed", "red")
            return f"{failed}  {result.error.code}: {printable(result.error.detail)}"
        if isinstance(result, Correction):
            return f"{printable(result.label)}  {'kept' if result.new else 'kept before'}"
        lines = self._reading(result) if isinstance(result, Reading) else self._prediction(result)
        return "\n".join(lines)

    def _prediction(self, result: Prediction) -> list[str]:
        """Label, bar, probability and status; then warnings, all probabilities and the drawing."""
        answer = f"{self._labels.fit(result.label)}  {bar(result.probability)}"
        others = [f"{printable(top.label)} {top.probability:.0%}" for top in result.top[1:]]
        also = f"  (or {', '.join(others)})" if others and result.status != OK else ""
        painted = self._painted(answer, _status_colour(result.status))
        lines = [f"{painted} {result.probability:8.2%}  {printable(result.status)}{also}"]
        lines += _warnings(result.warnings)
        for label, probability in (result.probabilities or {}).items():
            lines.append(f"{_INDENT}{self._labels.fit(label)}  {bar(probability)} {probability:8.2%}")
        return lines + self._drawing(result)

    def _reading(self, result: Reading) -> list[str]:
        """The text, line by line; then warnings, doubtful marks and the drawing."""
        colour = _status_colour(result.status)
        first, *others = [self._painted(printable(line.text), colour) for line in result.lines] or [""]
        lines = [f"{first}  {printable(result.status)}"]
        lines += [f"{' ' * self._names.width}  {other}" for other in others]
        lines += _warnings(result.warnings)
        for row, line in enumerate(result.lines, start=1):
            for place, mark in enumerate(line.marks, start=1):
                if mark.status != OK:
                    doubt = f"{printable(mark.label)} {mark.probability:.2%}  {mark.status}"
                    lines.append(f"{_INDENT}line {row}, mark {place}: {doubt}")
        return lines + self._drawing(result)

    def _drawing(self, result: Prediction | Reading) -> list[str]:
        if not self._show:
            return []
        from client.drawing import draw, draw_reading

        try:
            if isinstance(result, Reading):
                return draw_reading(result, self._colour)
            if result.input is None:
                return []
            steps = [_INDENT + printable(", ".join(result.input.steps))] if result.input.steps else []
            return draw(result.input.png, self._colour) + steps
        except SourceError as error:
            return [f"{_INDENT}({error})"]
        except ValueError as error:
            return [f"{_INDENT}(no picture: {error})"]

    def _painted(self, text: str, colour: str) -> str:
        return click.style(text, fg=colour) if self._colour else text


def _warnings(warnings: Sequence[str]) -> list[str]:
    return [f"{_INDENT}warning: {printable(warning)}" for warning in warnings]


def _status_colour(status: str) -> str:
    return {OK: "green", UNCERTAIN: "yellow"}.get(status, "magenta")


def bar(share: float, width: int = BAR_WIDTH) -> str:
    """A bar for a share of 0..1, in eighths of a character."""
    eighths = round(min(max(share, 0.0), 1.0) * width * 8)
    whole, rest = divmod(eighths, 8)
    return ("█" * whole + (_EIGHTHS[rest] if rest else "")).ljust(width)


def printable(text: str) -> str:
    """Escape every character that could control a terminal, start a line, or is not valid text."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)


def fit(text: str, width: int, widest: int | None = None) -> str:
    """Pad the text to ``width`` columns; a text wider than ``widest`` loses its beginning."""
    if widest is not None and columns(text) > widest:
        while columns(text) >= widest:
            text = text[1:]
        text = "…" + text
    return text + " " * (width - columns(text))


def columns(text: str) -> int:
    """How many columns of a terminal the text takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)
