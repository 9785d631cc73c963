"""The output for people: a line for each picture, with a bar for its probability."""

from __future__ import annotations

import unicodedata

import click

from client.command.picture import draw
from client.results import OK, UNCERTAIN, Failure, Prediction, Result, SeenInput

NAME_WIDTH = 28
BAR_WIDTH = 12
_EIGHTHS = " ▏▎▍▌▋▊▉"


class Text:
    """Lines with name, label, bar, probability and status; below them what was included.

    Args:
        colour: whether to use colours.
        show: whether to draw what the model saw.
        widest_name: where longer names are shortened; None never shortens.
    """

    def __init__(self, colour: bool, show: bool = False, widest_name: int | None = None) -> None:
        self._colour = colour
        self._show = show
        self._widest = widest_name
        self._label_width = 1

    def begin(self) -> str:
        """Nothing."""
        return ""

    def result(self, result: Result) -> str:
        """The line or lines of one result."""
        name = self._name(result.name)
        if isinstance(result, Failure):
            error = result.error
            return f"{name}  {self._paint('failed', 'red')}  {error.code}: {printable(error.detail)}\n"
        lines = [f"{name}  {self._answer(result)}"]
        for label, probability in (result.probabilities or {}).items():
            lines.append(
                f"    {printable(label):<{self._label_width}}  {bar(probability)} {probability:8.2%}"
            )
        return "\n".join(lines) + "\n" + self._picture(result.input)

    def end(self) -> str:
        """Nothing."""
        return ""

    def _name(self, name: str) -> str:
        return fit(printable(name), NAME_WIDTH, self._widest)

    def _answer(self, result: Prediction) -> str:
        label = printable(result.label)
        labels = [label, *(printable(name) for name in result.probabilities or ())]
        self._label_width = max(self._label_width, *map(len, labels))
        colour = {OK: "green", UNCERTAIN: "yellow"}.get(result.status, "magenta")
        answer = self._paint(f"{label:<{self._label_width}}  {bar(result.probability)}", colour)
        others = [f"{printable(top.label)} {top.probability:.0%}" for top in result.top[1:]]
        also = f"  (or {', '.join(others)})" if others and result.status != OK else ""
        return f"{answer} {result.probability:8.2%}  {printable(result.status)}{also}"

    def _picture(self, seen: SeenInput | None) -> str:
        if not self._show or seen is None:
            return ""
        steps = f"    {printable(', '.join(seen.steps))}\n" if seen.steps else ""
        try:
            return draw(seen.png, self._colour) + steps
        except ValueError as error:
            return f"    (no picture: {error})\n"

    def _paint(self, text: str, colour: str) -> str:
        return click.style(text, fg=colour) if self._colour else text


def bar(share: float, width: int = BAR_WIDTH) -> str:
    """A bar for 0..1 in eighths of a character."""
    eighths = round(min(max(share, 0.0), 1.0) * width * 8)
    whole, rest = divmod(eighths, 8)
    return ("█" * whole + (_EIGHTHS[rest] if rest else "")).ljust(width)


def printable(text: str) -> str:
    """The text with everything escaped that could steer a terminal, start a line or is no valid text."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)


def fit(text: str, width: int, widest: int | None = None) -> str:
    """The text padded to ``width`` columns; where it exceeds ``widest``, its beginning is cut off."""
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
