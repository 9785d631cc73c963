"""The report of a run."""

from __future__ import annotations

from typing import Any

from training.runs import RunFolder


def write(home: RunFolder, history: list[dict[str, float]], figures: dict[str, Any]) -> None:
    """Write history and figures."""
    home.write_json("history.json", history)
    home.write_json("metrics.json", figures)
