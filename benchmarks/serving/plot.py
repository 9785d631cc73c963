"""The plot of the results: requests per second and p99 by number of clients."""

from __future__ import annotations

from pathlib import Path

from benchmarks.serving.figures import Figures
from benchmarks.serving.systems import CLIENTS


def draw(figures: Figures, path: Path) -> None:
    """Write the plot as PNG, without the figures that were not measured."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    drawing, axes = plt.subplots(1, 2, figsize=(11, 4.2), layout="constrained")
    for name, title in figures.titles.items():
        style = {"linewidth": 2.5, "color": "black"} if name == next(iter(figures.titles)) else {}
        for axis, figure in zip(axes, ("rate", "p99"), strict=True):
            values = [figures.get(name, f"{figure} {count}") for count in CLIENTS]
            axis.plot(CLIENTS, values, marker="o", label=title.replace("`", ""), **style)
    for axis, label in zip(axes, ("requests per second", "p99 in milliseconds"), strict=True):
        axis.set(xscale="log", yscale="log", xlabel="clients", ylabel=label)
        axis.set_xticks(CLIENTS, [str(count) for count in CLIENTS])
        axis.minorticks_off()
        axis.grid(alpha=0.3)
    axes[0].legend(fontsize=8)
    drawing.suptitle("One 28x28 PNG per request", fontsize=11)
    path.parent.mkdir(parents=True, exist_ok=True)
    drawing.savefig(path, dpi=110)
    plt.close(drawing)
