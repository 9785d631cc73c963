"""The report of a run: figures as JSON, plots as PNG, both together as ``report.md`` and ``report.html``."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from numpy.typing import NDArray

from serving.contract import Card
from training.config import TrainConfig
from training.datasets import Dataset
from training.doubt import Doubt
from training.evaluation import plots, remarks
from training.evaluation.confused import confused
from training.evaluation.metrics import calibration_error
from training.fitting.loop import Fitted
from training.runs import RunFolder

_TEMPLATES = Path(__file__).parent


def write(
    run_folder: RunFolder,
    config: TrainConfig,
    data: Dataset,
    fitted: Fitted,
    known: Doubt,
    answers: NDArray[np.float32],
    card: Card,
) -> None:
    """Write everything that the run says of its model.

    Args:
        run_folder: the run's folder.
        config: of the run.
        data: its test part is what the answers are for.
        fitted: the history.
        known: temperature and thresholds.
        answers: float32 ``[N, K]``, the probabilities of the test pictures.
        card: of the version to be.
    """
    before = known.unscaled(answers)
    figures = {
        **card.metrics,
        "calibration_error_before_scaling": calibration_error(before, data.test.labels),
        "temperature": known.servable.temperature,
        "images_per_second": fitted.images_per_second,
    }
    run_folder.write_json("history.json", fitted.history)
    run_folder.write_json("metrics.json", figures)
    run_folder.write_text("card.json", card.to_json() + "\n")
    pictures = {
        "learning_curves": plots.learning_curves(fitted.history),
        "confusion": plots.confusion(np.array(card.metrics["confusion"]), data.labels),
        "reliability": plots.reliability_diagram(before, answers, data.test.labels),
        "mistakes": plots.mistakes(answers, data.test, data.labels),
        "confused": confused(answers, data.test, data.labels),
    }
    for name, png in pictures.items():
        run_folder.write_bytes(f"{name}.png", png)
    content = {"config": config, "card": card, "figures": figures, "fitted": fitted}
    content |= {**_comparison(card.gate), "about_data": remarks.of(data, card.metrics, card.gate)}
    _render(run_folder, content, pictures)


def _comparison(gate: Mapping[str, Any]) -> dict[str, Any]:
    """Rows of the table of what the gate compared, and what there is to say besides."""
    rows = [("this model", gate["new"])] if gate.get("compared") else []
    rows += [(f"version {row['version']}", row) for row in gate.get("compared", ())]
    remarks = [gate[name] for name in ("other_data", "problem") if name in gate]
    return {"compared": rows, "best": gate.get("best"), "remarks": [*remarks, *gate.get("notes", ())]}


def _render(run_folder: RunFolder, content: Mapping[str, Any], pictures: Mapping[str, bytes]) -> None:
    inline = {name: base64.b64encode(png).decode() for name, png in pictures.items()}
    for kind in ("md", "html"):
        environment = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            autoescape=kind == "html",
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        text = environment.get_template(f"report.{kind}.j2").render(**content, pictures=inline)
        run_folder.write_text(f"report.{kind}", text + "\n")
