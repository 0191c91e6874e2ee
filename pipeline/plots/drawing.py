"""Plots of results, drawn with matplotlib."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edgeprune.contracts.results import Measurement
from edgeprune.dataset_io.metric_facts import metric_facts


def plot_sweep(rows: Sequence[Measurement], file: Path) -> None:
    """Score against the compressed size of the .tflite, the Pareto front marked; format by the file's suffix."""
    points = [row for row in rows if row.score is not None and row.tflite_gzip_bytes is not None]
    figure = new_figure()
    axes = figure.add_subplot()
    sizes = [(row.tflite_gzip_bytes or 0) / 1024 for row in points]
    scores = [row.score or 0.0 for row in points]
    axes.scatter(sizes, scores, color="0.6", zorder=2, label="points")
    front = pareto_front(points)
    axes.plot(
        [sizes[index] for index in front],
        [scores[index] for index in front],
        marker="o",
        color="tab:blue",
        zorder=3,
        label="Pareto front",
    )
    for row, size, score in zip(points, sizes, scores, strict=True):
        axes.annotate(row_label(row), (size, score), textcoords="offset points", xytext=(4, 4), fontsize=8)
    axes.set_xlabel("size of the .tflite, gzip (KiB)")
    axes.set_ylabel(points[0].metric if points else "score")
    axes.set_xscale("log")
    axes.grid(visible=True, alpha=0.3)
    axes.legend()
    figure.savefig(file, dpi=150, metadata=fixed_metadata(file))


def pareto_front(rows: Sequence[Measurement]) -> list[int]:
    """Indices of the rows that no other row beats in both score and size, by size."""
    metric = next((row.metric for row in rows if row.metric), None)
    sign = 1 if metric is None or metric_facts(metric).higher_is_better else -1
    order = sorted(range(len(rows)), key=lambda i: (rows[i].tflite_gzip_bytes or 0, -sign * (rows[i].score or 0.0)))
    front: list[int] = []
    for index in order:
        if not front or sign * (rows[index].score or 0.0) > sign * (rows[front[-1]].score or 0.0):
            front.append(index)
    return front


def new_figure(width: float = 7, height: float = 4.5) -> Any:
    """A figure of so many inches that draws without a screen."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def row_label(row: Measurement) -> str:
    """A short name of a row: method, point and numeric format, as far as it has them."""
    point = next((value for value in (row.threshold, row.sparsity_target, row.ratio) if value is not None), None)
    numeric = None if row.quantize == "none" else row.quantize
    words = (row.method or "unpruned", None if point is None else f"{point:g}", numeric)
    return " ".join(word for word in words if word)


def fixed_metadata(file: Path) -> dict[str, Any]:
    """No dates in the file: the same command gives the same bytes."""
    return {"Date": None} if file.suffix == ".svg" else {"Software": None}
