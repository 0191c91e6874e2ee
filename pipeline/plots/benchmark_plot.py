"""A plot of files side by side: what each is worth, against its size and its latency."""

from collections.abc import Sequence
from pathlib import Path

from edgeprune.contracts.results import Measurement
from edgeprune.pipeline.plots.drawing import fixed_metadata, new_figure

COSTS = {"tflite_bytes": ("size of the .tflite (KiB)", 1024), "latency_ms_p50": ("latency, median (ms)", 1)}
"""Row keys of the two panels: what they are, and their unit."""


def plot_benchmark(rows: Sequence[Measurement], file: Path) -> None:
    """Score against size and against latency, each file with its name; the format follows the file's suffix.

    Files that were not scored or not timed are left out.
    """
    figure = new_figure(width=10)
    for axes, (cost, (label, unit)) in zip(figure.subplots(1, 2, sharey=True), COSTS.items(), strict=True):
        points = [row for row in rows if row.score is not None and getattr(row, cost) is not None]
        for number, row in enumerate(points):
            place = (getattr(row, cost) / unit, row.score)
            axes.scatter(*place, color=f"C{number % 10}", zorder=2)
            axes.annotate(Path(row.file or "").name, place, textcoords="offset points", xytext=(4, 4), fontsize=8)
        axes.set_xlabel(label)
        axes.set_xscale("log")
        axes.margins(0.15)
        axes.grid(visible=True, alpha=0.3)
    figure.axes[0].set_ylabel(next((row.metric for row in rows if row.metric), "score"))
    figure.savefig(file, dpi=150, metadata=fixed_metadata(file))
