"""What the model saw, kept as PNG files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePath

import click

from client.results import Prediction, Result

_LONGEST_STEM = 80


class Saver:
    """Saves ``<position>-<name>.png`` in a folder, so that no two pictures meet and the order is kept.

    Args:
        folder: made when it is not there.

    Raises:
        click.UsageError: it cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._position = 0
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise click.UsageError(f"The folder {folder} cannot be made: {error.strerror}.") from error

    def save(self, results: Iterable[Result]) -> None:
        """Save the inputs of the results that have one; positions are those of all results.

        Raises:
            click.ClickException: the disk does not take it.
        """
        for result in results:
            self._position += 1
            if isinstance(result, Prediction) and result.input is not None:
                self._write(result, result.input.png)

    def _write(self, result: Prediction, png: bytes) -> None:
        path = self._folder / f"{self._position:06d}-{_stem(result.name)}.png"
        try:
            path.write_bytes(png)
        except OSError as error:
            raise click.ClickException(f"{path} cannot be written: {error.strerror}.") from error


def _stem(name: str) -> str:
    """The name without folders and ending, with no letter that a file name could stumble over."""
    stem = PurePath(name).stem if name != "-" else "stdin"
    kept = "".join(letter if letter.isalnum() or letter in "-_. " else "_" for letter in stem)
    return kept.encode()[:_LONGEST_STEM].decode(errors="ignore")
