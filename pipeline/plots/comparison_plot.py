"""A plot of several methods side by side: what each is worth and what it costs."""

from collections.abc import Sequence
from math import ceil
from pathlib import Path
from typing import Any

from edgeprune.contracts.results import Measurement
from edgeprune.pipeline.plots.drawing import is_percent, is_scored, metric_of, new_figure, row_label, save_figure
from edgeprune.pipeline.plots.scales import (
    BYTES,
    MICROJOULES,
    MILLISECONDS,
    SECONDS,
    Units,
    scale_evenly,
    scale_score,
)

COSTS: dict[str, tuple[str, Units]] = {
    "tflite_gzip_bytes": ("size of the .tflite, gzip", BYTES),
    "latency_ms_p50": ("inference, median", MILLISECONDS),
    "training_s": ("training", SECONDS),
    "energy_uj_estimate": ("energy of an inference, estimated", MICROJOULES),
}
"""Row keys that are drawn where they were measured, as bars from 0: what they are, and their units."""

SCORE = "score"


def panels_of(rows: Sequence[Measurement]) -> list[str]:
    """The row keys that have a panel, as something was measured."""
    costs = [name for name in COSTS if any(getattr(row, name) is not None for row in rows)]
    return [SCORE, *costs] if any(is_scored(row) for row in rows) else costs


def plot_comparison(rows: Sequence[Measurement], file: Path) -> None:
    """One line a row, one panel a quantity, two beside each other; the format follows the file's suffix.

    There must be panels (`panels_of`).
    """
    panels = panels_of(rows)
    lines, beside = ceil(len(panels) / 2), min(len(panels), 2)
    figure = new_figure(height=lines * (0.21 * len(rows) + 0.75))
    grid = list(figure.subplots(lines, beside, sharey=True, squeeze=False).flat)
    methods = list(dict.fromkeys(row.method for row in rows if row.method))
    colours = [f"C{methods.index(row.method) % 10}" if row.method else "0.3" for row in rows]
    for axes, name in zip(grid, panels, strict=False):
        if name == SCORE:
            _draw_scores(axes, rows, colours)
        else:
            _draw_costs(axes, rows, name, colours)
        axes.tick_params(labelsize=8.5)
        axes.grid(visible=True, axis="x", alpha=0.3)
        axes.set_axisbelow(True)
    for axes in grid[len(panels) :]:
        axes.remove()
    _name_rows(figure.axes[0], rows)
    save_figure(figure, file)


def _draw_costs(axes: Any, rows: Sequence[Measurement], name: str, colours: Sequence[str]) -> None:
    label, units = COSTS[name]
    values = [getattr(row, name) or 0 for row in rows]
    axes.barh(range(len(rows)), values, color=colours, height=0.65)
    _mark(axes, values, rows)
    axes.set_xlabel(label, fontsize=9)
    scale_evenly(axes.xaxis, units)


def _draw_scores(axes: Any, rows: Sequence[Measurement], colours: Sequence[str]) -> None:
    """Points, as scores are compared by their distance and not by their ratio."""
    for place, (row, colour) in enumerate(zip(rows, colours, strict=True)):
        if is_scored(row):
            axes.plot(row.score, place, marker="o", markersize=5.5, color=colour)
    axes.margins(x=0.08)
    _mark(axes, [row.score if is_scored(row) else None for row in rows], rows)
    axes.set_xlabel(metric_of(rows), fontsize=9)
    scale_score(axes.xaxis, is_percent(metric_of(rows)))


def _mark(axes: Any, values: Sequence[float | None], rows: Sequence[Measurement]) -> None:
    """A line at the unpruned model's value, where the first row is of it."""
    if rows[0].method is None and values[0]:
        axes.axvline(values[0], color="0.3", linewidth=1, linestyle="--")


def _name_rows(axes: Any, rows: Sequence[Measurement]) -> None:
    axes.set_yticks(range(len(rows)), [row_label(row) for row in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
