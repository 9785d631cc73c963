"""The result of a training job."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from training.errors import EXIT_PUBLISHED, EXIT_REFUSED


@dataclass(frozen=True)
class Outcome:
    """Published or refused.

    Attributes:
        name: the model's.
        version: the published one, None if the gate refused.
        path: its folder, None if the gate refused.
        test_accuracy: of the exported model.
        parameters: of the trained model.
        epochs: that were trained.
        training_seconds: wall time of fitting, tracing and validation included.
        run: the run's folder.
        refusals: every reason of the gate; none if published.
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
        """What happened with a model that goes to ``folder``: published as ``version``, or refused."""
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
        """The exit status that says the same."""
        return EXIT_REFUSED if self.refusals else EXIT_PUBLISHED

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types: the last line of stdout; ``refusals`` only where there are some."""
        body = asdict(self)
        body["path"] = None if self.path is None else str(self.path)
        body["run"] = str(self.run)
        body["refusals"] = list(self.refusals)
        return body if self.refusals else {key: body[key] for key in body if key != "refusals"}

    @classmethod
    def from_dict(cls, body: dict[str, Any]) -> Outcome:
        """The inverse of ``to_dict``."""
        path = None if body["path"] is None else Path(body["path"])
        return cls(
            **{**body, "path": path, "run": Path(body["run"]), "refusals": tuple(body.get("refusals", ()))}
        )
