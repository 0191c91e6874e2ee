"""A plot of files side by side: what each is worth, against its size and its latency."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edgeprune.contracts.results import Measurement
from edgeprune.pipeline.plots.drawing import is_percent, is_scored, metric_of, new_figure, save_figure
from edgeprune.pipeline.plots.scales import BYTES, MILLISECONDS, Units, scale, scale_score

COSTS: dict[str, tuple[str, Units]] = {
    "tflite_bytes": ("size of the .tflite", BYTES),
    "latency_ms_p50": ("latency, median", MILLISECONDS),
}
"""Row keys of the two panels: what they are, and their units."""
MARKS = "*osv^DPX<>"


def has_points(rows: Sequence[Measurement]) -> bool:
    """Whether any of the files has a place in the plot."""
    return any(is_scored(row) and getattr(row, cost) is not None for row in rows for cost in COSTS)


def plot_benchmark(rows: Sequence[Measurement], file: Path) -> None:
    """Score against size and against latency, a mark for each file; the format follows the file's suffix.

    Files that were not scored or not timed are left out; there must be others (`has_points`).
    """
    figure = new_figure(height=3.6 + 0.2 * len(rows))
    panels = figure.subplots(1, 2, sharey=True)
    for axes, (cost, (label, units)) in zip(panels, COSTS.items(), strict=True):
        _draw_points(axes, rows, cost)
        axes.margins(0.12)
        axes.set_xlabel(label)
        axes.grid(visible=True, alpha=0.3)
        scale(axes.xaxis, [getattr(row, cost) for row in rows if getattr(row, cost) is not None], units)
    figure.axes[0].set_ylabel(metric_of(rows))
    scale_score(figure.axes[0].yaxis, is_percent(metric_of(rows)))
    marks, names = _legend(figure.axes)
    figure.legend(marks, names, loc="outside lower center", ncols=1, frameon=False, fontsize=8.5)
    save_figure(figure, file)


def _draw_points(axes: Any, rows: Sequence[Measurement], cost: str) -> None:
    """The first file, which all others are compared with, is a star, with lines through it."""
    for number, row in enumerate(rows):
        if is_scored(row) and getattr(row, cost) is not None:
            if not number:
                axes.axvline(getattr(row, cost), color="0.3", linewidth=0.8, linestyle="--")
                axes.axhline(row.score, color="0.3", linewidth=0.8, linestyle="--")
            axes.plot(
                getattr(row, cost),
                row.score,
                linestyle="none",
                marker=MARKS[number % len(MARKS)],
                markersize=7 if number else 14,
                color=f"C{number % 10}",
                markeredgecolor=f"C{number % 10}" if number else "black",
                label=Path(row.file or "").name,
            )


def _legend(panels: Sequence[Any]) -> tuple[list[Any], list[str]]:
    """Each file's mark and name once, though it may be in one panel alone."""
    found = [pair for axes in panels for pair in zip(*axes.get_legend_handles_labels(), strict=True)]
    colours = {(mark.get_color(), mark.get_marker()): (mark, name) for mark, name in found}
    return [mark for mark, _ in colours.values()], [name for _, name in colours.values()]
