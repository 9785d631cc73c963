"""The notebook of the tour, run from top to bottom as a reader does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("training"),
    pytest.mark.timeout(900),
    # What Jupyter's own packages do to each other.
    pytest.mark.filterwarnings("default"),
]

NOTEBOOK = Path(__file__).resolve().parents[2] / "docs" / "tour.ipynb"
# The bundled digits and few epochs: the same cells, in seconds.
SMALL = 'DATASET = "digits"\nEPOCHS = 12\nNEURONS = (4, 64)\n'


def notebook() -> Any:  # noqa: ANN401 - nbformat's node is untyped
    return nbformat.read(NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call]


def test_the_notebook_is_kept_without_outputs() -> None:
    """They would be somebody's machine, and out of date with the next change."""
    assert [cell.outputs for cell in notebook().cells if cell.cell_type == "code" and cell.outputs] == []


def test_the_tour_runs_from_top_to_bottom() -> None:
    tour = notebook()
    (parameters,) = [cell for cell in tour.cells if "parameters" in cell.metadata.get("tags", [])]
    assert all(name in parameters.source for name in ("DATASET", "EPOCHS", "NEURONS"))
    parameters.source = SMALL
    client = NotebookClient(tour, timeout=600, resources={"metadata": {"path": str(NOTEBOOK.parent)}})
    client.execute()
    said = printed(tour)
    assert "of the test pictures are right" in said
    assert "is ready: True" in said
    assert "the model says" in said
    assert "   4 neurons:" in said
    assert pictures(tour) >= 6, "data, curves, mistakes, the upload, the doubts, the experiment"


def printed(tour: Any) -> str:  # noqa: ANN401
    """What the cells wrote."""
    outputs = [output for cell in tour.cells if cell.cell_type == "code" for output in cell.outputs]
    return "".join(output.text for output in outputs if output.output_type == "stream")


def pictures(tour: Any) -> int:  # noqa: ANN401
    """How many pictures the cells show."""
    outputs = [output for cell in tour.cells if cell.cell_type == "code" for output in cell.outputs]
    return sum("image/png" in output.get("data", {}) for output in outputs)
