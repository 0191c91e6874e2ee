"""What all plots of results have in common. They are 7 inches wide, so that 640 pixels are enough to read them."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edgeprune.contracts.results import Measurement
from edgeprune.dataset_io.metric_facts import metric_facts

WIDTH = 7.0
"""Inches."""


def pareto_front(rows: Sequence[Measurement]) -> list[int]:
    """Indices of the rows that no other row beats in both score and size, by size."""
    metric = metric_of(rows)
    sign = 1 if metric is None or metric_facts(metric).higher_is_better else -1
    order = sorted(range(len(rows)), key=lambda i: (rows[i].tflite_gzip_bytes or 0, -sign * (rows[i].score or 0.0)))
    front: list[int] = []
    for index in order:
        if not front or sign * (rows[index].score or 0.0) > sign * (rows[front[-1]].score or 0.0):
            front.append(index)
    return front


def is_percent(metric: str | None) -> bool:
    """Whether scores of a metric are shown in per cent."""
    return metric is not None and metric_facts(metric).percent


def metric_of(rows: Sequence[Measurement]) -> str | None:
    """The metric that rows were scored by."""
    return next((row.metric for row in rows if row.metric), None)


def is_scored(row: Measurement) -> bool:
    """Whether a row has a score that can be drawn."""
    return row.score is not None and math.isfinite(row.score)


def new_figure(height: float = 4.5) -> Any:
    """A figure of so many inches that draws without a screen."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def save_figure(figure: Any, file: Path) -> None:
    """Write a figure in the format of the file's suffix; no dates in it: the same command gives the same bytes."""
    figure.savefig(file, dpi=150, metadata={"Date": None} if file.suffix == ".svg" else {"Software": None})


def row_label(row: Measurement) -> str:
    """A short name of a row: method, point and numeric format, as far as it has them."""
    numeric = None if row.quantize == "none" else row.quantize
    words = (row.method or "unpruned", None if row.point is None else f"{row.point:g}", numeric)
    return " ".join(word for word in words if word)
