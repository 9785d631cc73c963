"""The report of a run: figures as JSON, plots as PNG, both together as ``report.md`` and ``report.html``."""

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
    """What the gate decided.

    Attributes:
        text: one sentence.
        reasons: why nothing is published; none if something is.
    """

    text: str
    reasons: tuple[str, ...] = ()

    @classmethod
    def of(cls, name: str, version: int | None, reasons: tuple[str, ...]) -> Verdict:
        """The verdict on a model that asked to be published under a name."""
        if version is None:
            return cls("Refused. Nothing is published, and the current version keeps serving.", reasons)
        return cls(f"Published as version {version} of {name}.")


NOT_YET = Verdict("The gate has not judged this model yet.")


class Report:
    """Everything that a run says of its model.

    Args:
        run_folder: the run's folder.
        config: of the run.
        data: its test part is what the answers are for.
        fitted: the history.
        known: temperature and thresholds.
        answers: float32 ``[N, K]``, the probabilities of the test pictures.
        card: of the version to be.
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
            "config": config,
            "card": card,
            "figures": self._figures,
            "fitted": fitted,
            "settings": settings.rows(config, data),
            "remark": _remark(fitted, config),
            "confused": _most_confused(confusion, data.labels),
            "about_data": data_remarks.of(data, card.metrics, card.gate),
            **_comparison(card.gate),
        }
        figures = {
            "learning_curves": plots.learning_curves(fitted.history),
            "confusion": plots.confusion(confusion, data.labels),
            "reliability": plots.reliability_diagram(before, answers, data.test.labels),
            "mistakes": plots.mistakes(answers, data.test, data.labels),
            "confused": confused(answers, data.test, data.labels),
        }
        self._pictures = {name: plots.png(figure) for name, figure in figures.items()}

    def write(self, verdict: Verdict = NOT_YET) -> None:
        """Write figures, plots and both pages into the run's folder; again once the gate has judged."""
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


def _remark(fitted: Fitted, config: TrainConfig) -> str:
    epoch, text = remarks.of(fitted.history, config.recipe())
    return f"After epoch {epoch}, {text}" if text else ""


def _most_confused(counts: NDArray[np.int64], names: Sequence[str]) -> str:
    """The mistake made most often, in words; empty without any."""
    wrong = counts - np.diag(np.diag(counts))
    truth, answer = divmod(int(wrong.argmax()), len(names))
    times = int(wrong[truth, answer])
    return f"{names[truth]} taken for {names[answer]}, {times} times" if times else ""


def _comparison(gate: Mapping[str, Any]) -> dict[str, Any]:
    """Rows of the table of what the gate compared, and what there is to say besides."""
    rows = [("this model", gate["new"])] if gate.get("compared") else []
    rows += [(f"version {row['version']}", row) for row in gate.get("compared", ())]
    said = [gate[name] for name in ("other_data", "problem") if name in gate]
    return {"compared": rows, "best": gate.get("best"), "remarks": [*said, *gate.get("notes", ())]}
