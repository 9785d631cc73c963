"""The report of a run: figures as JSON, plots as PNG, and both in ``report.md`` and ``report.html``."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from numpy.typing import NDArray

from serving.contract import Card
from training.config import TrainConfig
from training.datasets import Dataset
from training.doubt import Doubt
from training.evaluation import data_remarks, plots, settings
from training.evaluation.confused import confused
from training.evaluation.metrics import calibration_error
from training.fitting import remarks
from training.fitting.loop import Fitted
from training.runs import RunFolder

_TEMPLATES = Path(__file__).parent


@dataclass(frozen=True)
class Verdict:
    """The gate's decision.

    Attributes:
        text: the decision as one or two sentences.
        reasons: every reason for a refusal; empty if the model was published.
    """

    text: str
    reasons: tuple[str, ...] = ()

    @classmethod
    def of(cls, name: str, version: int | None, reasons: tuple[str, ...]) -> Verdict:
        """Build the verdict.

        Args:
            name: name of the model.
            version: the published version; None if the model was refused.
            reasons: every reason for a refusal.
        """
        if version is None:
            return cls("Refused. Nothing is published; the serving version stays.", reasons)
        return cls(f"Published as version {version} of {name}.")


NOT_YET = Verdict("The gate has not decided on this model yet.")


class Report:
    """The figures, plots and pages of a run.

    Args:
        run_folder: the folder of the run.
        config: the run's configuration.
        data: the data set.
        fitted: the result of fitting.
        known: the model's temperature and thresholds.
        answers: float32 ``[N, K]``, its probabilities for the test pictures.
        card: the card of the version to be.
    """

    def __init__(
        self,
        run_folder: RunFolder,
        config: TrainConfig,
        data: Dataset,
        fitted: Fitted,
        known: Doubt,
        answers: NDArray[np.float32],
        card: Card,
    ) -> None:
        before = known.unscaled(answers)
        confusion = np.array(card.metrics["confusion"])
        self._run_folder, self._history, self._card = run_folder, fitted.history, card
        self._figures = {
            **card.metrics,
            "calibration_error_before_scaling": calibration_error(before, data.test.labels),
            "temperature": known.servable.temperature,
            "images_per_second": fitted.images_per_second,
        }
        self._content = {
            **{"config": config, "card": card, "figures": self._figures, "fitted": fitted},
            "confused": _most_confused(confusion, data.labels),
            **_texts(config, data, fitted, card),
        }
        self._pictures = {
            "learning_curves": plots.png(plots.learning_curves(fitted.history)),
            "confusion": plots.png(plots.confusion(confusion, data.labels)),
            **_pictures_of_answers(before, answers, data),
        }

    def write(self, verdict: Verdict = NOT_YET) -> None:
        """Write figures, plots and both pages into the run folder.

        It is called twice: before the export, and again with the gate's verdict.

        Raises:
            RunFolderError: if a file cannot be written.
        """
        self._run_folder.write_json("history.json", self._history)
        self._run_folder.write_json("metrics.json", self._figures)
        self._run_folder.write_text("card.json", self._card.to_json() + "\n")
        for name, png in self._pictures.items():
            self._run_folder.write_bytes(f"{name}.png", png)
        for kind in ("md", "html"):
            self._run_folder.write_text(f"report.{kind}", self._rendered(kind, verdict) + "\n")

    def _rendered(self, kind: str, verdict: Verdict) -> str:
        environment = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            autoescape=kind == "html",
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        inline = {name: base64.b64encode(png).decode() for name, png in self._pictures.items()}
        template = environment.get_template(f"report.{kind}.j2")
        return template.render(**self._content, verdict=verdict, pictures=inline)


def _texts(config: TrainConfig, data: Dataset, fitted: Fitted, card: Card) -> dict[str, Any]:
    """Return the template's variables that are texts: settings, remarks and comparison."""
    return {
        "settings": settings.rows(config, data),
        "remark": _remark(fitted, config),
        "about_data": data_remarks.of(data, card.metrics, card.gate),
        **_comparison(card.gate),
    }


def _pictures_of_answers(
    before: NDArray[np.float32], answers: NDArray[np.float32], data: Dataset
) -> dict[str, bytes]:
    """Render the plots of the answers ``[N, K]`` on the test set; ``before`` is without the temperature."""
    figures = {
        "reliability": plots.reliability_diagram(before, answers, data.test.labels),
        "mistakes": plots.mistakes(answers, data.test, data.labels),
        "confused": confused(answers, data.test, data.labels),
    }
    return {name: plots.png(figure) for name, figure in figures.items()}


def _remark(fitted: Fitted, config: TrainConfig) -> str:
    epoch, text = remarks.of(fitted.history, config.recipe())
    return f"After epoch {epoch}, {text}" if text else ""


def _most_confused(counts: NDArray[np.int64], names: Sequence[str]) -> str:
    """Describe the most frequent confusion; empty if there is none."""
    wrong = counts - np.diag(np.diag(counts))
    truth, answer = divmod(int(wrong.argmax()), len(names))
    times = int(wrong[truth, answer])
    return f"{names[truth]} taken for {names[answer]}, {times} times" if times else ""


def _comparison(gate: Mapping[str, Any]) -> dict[str, Any]:
    """Return the template's variables on the gate's comparison: the rows of its table, and remarks."""
    rows = [("this model", gate["new"])] if gate.get("compared") else []
    rows += [(f"version {row['version']}", row) for row in gate.get("compared", ())]
    said = [gate[name] for name in ("other_data", "problem") if name in gate]
    return {"compared": rows, "best": gate.get("best"), "remarks": [*said, *gate.get("notes", ())]}
