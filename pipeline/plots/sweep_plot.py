"""A plot of one method's points: score against compressed size."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edgeprune.contracts.results import Measurement
from edgeprune.pipeline.plots.drawing import (
    is_percent,
    is_scored,
    metric_of,
    new_figure,
    pareto_front,
    save_figure,
)
from edgeprune.pipeline.plots.labels import Label, write_labels
from edgeprune.pipeline.plots.scales import BYTES, scale, scale_score

MARKS = "osv^DP"
MOST_LABELS = 24
"""Of more points only those of the front have labels: beside a crowd nobody sees whose a label is."""
POINTS = {"threshold": "threshold", "sparsity_target": "sparsity", "ratio": "ratio"}
"""Row keys of what a point sets, and its name."""


def points_of(rows: Sequence[Measurement]) -> list[Measurement]:
    """The rows that have a place in the plot."""
    return [row for row in rows if is_scored(row) and row.tflite_gzip_bytes is not None]


def plot_sweep(rows: Sequence[Measurement], file: Path) -> None:
    """Score against the compressed size of the .tflite, the Pareto front marked; format by the file's suffix.

    There must be points (`points_of`). Those of the front have labels, and the others where there is room.
    """
    points = points_of(rows)
    places = [(row.tflite_gzip_bytes or 0, row.score or 0.0) for row in points]
    figure = new_figure()
    axes = figure.add_subplot()
    front = pareto_front(points)
    line = [places[index] for index in front]
    axes.plot(*zip(*line, strict=True), color="0.55", linewidth=1.2, zorder=2, label="Pareto front")
    _draw_points(axes, points, places)
    axes.margins(0.1)
    axes.set_xlabel("size of the .tflite, gzip")
    axes.set_ylabel(metric_of(points))
    axes.set_title(_title(points), loc="left", fontsize=9)
    axes.grid(visible=True, alpha=0.3)
    scale(axes.xaxis, [size for size, _ in places], BYTES)
    scale_score(axes.yaxis, is_percent(metric_of(points)))
    figure.legend(loc="outside lower center", ncols=5, frameon=False, columnspacing=1.2)
    others = range(len(points)) if len(points) <= MOST_LABELS else ()
    important = [*(i for i, row in enumerate(points) if row.method is None), *reversed(front), *others]
    names = [Label(_name(points[index]), *places[index]) for index in dict.fromkeys(important)]
    write_labels(axes, names, places, line)
    save_figure(figure, file)


def _draw_points(axes: Any, points: Sequence[Measurement], places: Sequence[tuple[float, float]]) -> None:
    """A colour and a mark for each numeric format, larger and hollow for the unpruned model."""
    numerics = list(dict.fromkeys(row.quantize for row in points))
    for number, numeric in enumerate(numerics):
        for is_unpruned in (False, True):
            chosen = [
                place
                for row, place in zip(points, places, strict=True)
                if row.quantize == numeric and (row.method is None) == is_unpruned
            ]
            name = "float32" if numeric == "none" else numeric
            if chosen:
                axes.plot(
                    *zip(*chosen, strict=True),
                    linestyle="none",
                    marker="*" if is_unpruned else MARKS[number % len(MARKS)],
                    markersize=14 if is_unpruned else 6,
                    color=f"C{number}",
                    markeredgecolor="black" if is_unpruned else f"C{number}",
                    zorder=3,
                    label=name if not is_unpruned else None if number else "unpruned",
                )


def _name(row: Measurement) -> str:
    """What tells a point from the others of its colour."""
    return "unpruned" if row.point is None else f"{row.point:g}"


def _title(points: Sequence[Measurement]) -> str:
    """What the labels are."""
    method = next((row.method for row in points if row.method), None)
    name = next((name for key, name in POINTS.items() if any(getattr(row, key) is not None for row in points)), None)
    if method is None or name is None:
        return "unpruned"
    return f"{name} at each point" if method == name else f"{method}, {name} at each point"
