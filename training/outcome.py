"""The outcome of a training job, as the last line of stdout and ``outcome.json`` have it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from training.errors import EXIT_PUBLISHED, EXIT_REFUSED


@dataclass(frozen=True)
class Outcome:
    """A published or refused model.

    Attributes:
        name: name of the model.
        version: the published version; None if the gate refused it.
        path: folder of the version; None if the gate refused it.
        test_accuracy: accuracy of the model on the test set, 0..1.
        parameters: number of the model's parameters.
        epochs: number of epochs trained.
        training_seconds: wall time of fitting, including tracing and validation.
        run: folder of the run.
        refusals: every reason for which the gate refused the model; empty if it was published.
    """

    name: str
    version: int | None
    path: Path | None
    test_accuracy: float
    parameters: int
    epochs: int
    training_seconds: float
    run: Path
    refusals: tuple[str, ...] = ()

    @classmethod
    def published(
        cls,
        folder: Path,
        version: int | None,
        *,
        accuracy: float,
        parameters: int,
        epochs: int,
        seconds: float,
        run: Path,
        refusals: tuple[str, ...] = (),
    ) -> Outcome:
        """Build the outcome of a model with the folder ``folder``.

        ``version`` is None for a refused model; the other arguments are as in the class.
        """
        return cls(
            name=folder.name,
            version=version,
            path=None if version is None else folder / str(version),
            test_accuracy=accuracy,
            parameters=parameters,
            epochs=epochs,
            training_seconds=round(seconds, 3),
            run=run,
            refusals=refusals,
        )

    @property
    def exit_code(self) -> int:
        """The exit status of the process: 0 if published, 3 if refused."""
        return EXIT_REFUSED if self.refusals else EXIT_PUBLISHED

    def to_dict(self) -> dict[str, Any]:
        """Return the outcome as plain JSON types, without ``refusals`` if there are none."""
        body = asdict(self)
        body["path"] = None if self.path is None else str(self.path)
        body["run"] = str(self.run)
        body["refusals"] = list(self.refusals)
        return body if self.refusals else {key: body[key] for key in body if key != "refusals"}

    @classmethod
    def from_dict(cls, body: dict[str, Any]) -> Outcome:
        """Build the outcome from what ``to_dict`` returned."""
        path = None if body["path"] is None else Path(body["path"])
        return cls(
            **{**body, "path": path, "run": Path(body["run"]), "refusals": tuple(body.get("refusals", ()))}
        )
