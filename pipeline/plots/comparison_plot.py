"""A plot of several methods side by side: what each is worth and what it costs."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edgeprune.contracts.results import Measurement
from edgeprune.pipeline.plots.drawing import fixed_metadata, new_figure, row_label

COSTS = {
    "training_s": ("training (s)", 1),
    "latency_ms_p50": ("inference, median (ms)", 1),
    "tflite_gzip_bytes": ("size of the .tflite, gzip (KiB)", 1024),
    "energy_uj_estimate": ("energy of an inference, estimated (µJ)", 1),
}
"""Row keys that are drawn where they were measured, as bars from 0: what they are, and their unit."""


def plot_comparison(rows: Sequence[Measurement], file: Path) -> None:
    """One line a row, one panel a quantity; the format follows the file's suffix."""
    costs = [name for name in COSTS if any(getattr(row, name) is not None for row in rows)]
    scored = any(row.score is not None for row in rows)
    panels = len(costs) + scored
    figure = new_figure(width=2.8 * panels + 1.5, height=0.3 * len(rows) + 1.3)
    axes = list(figure.subplots(1, panels, sharey=True, squeeze=False)[0])
    methods = list(dict.fromkeys(row.method for row in rows))
    colours = [f"C{methods.index(row.method) % 10}" for row in rows]
    if scored:
        _draw_scores(axes[0], rows, colours)
    for panel, name in zip(axes[scored:], costs, strict=True):
        label, unit = COSTS[name]
        panel.barh(range(len(rows)), [(getattr(row, name) or 0) / unit for row in rows], color=colours, height=0.6)
        panel.set_xlabel(label, fontsize=8)
    axes[0].set_yticks(range(len(rows)), [row_label(row) for row in rows])
    axes[0].invert_yaxis()
    for panel in axes:
        panel.tick_params(labelsize=8)
        panel.grid(visible=True, axis="x", alpha=0.3)
        panel.set_axisbelow(True)
    figure.savefig(file, dpi=150, metadata=fixed_metadata(file))


def _draw_scores(axes: Any, rows: Sequence[Measurement], colours: Sequence[str]) -> None:
    """Points, as scores are compared by their distance and not by their ratio."""
    for place, (row, colour) in enumerate(zip(rows, colours, strict=True)):
        if row.score is not None:
            axes.plot(row.score, place, marker="o", color=colour)
    axes.set_xlabel(next(row.metric for row in rows if row.metric), fontsize=8)
