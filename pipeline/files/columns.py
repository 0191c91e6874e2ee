"""Rows of results as cells of text: what each column is called, its unit, and what changed against the original."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edgeprune.contracts.results import Measurement
from edgeprune.dataset_io.metric_facts import metric_facts


@dataclass(frozen=True)
class Column:
    """A column: its heading, the text of a row's cell, and the number that changes are told of."""

    heading: str
    cell: Callable[[Measurement], str]
    number: Callable[[Measurement], float | None] | None = None
    points: bool = False
    """Whether a change is told as a difference in points of 100 (else as a percentage)."""


def _count(name: str) -> Callable[[Measurement], str]:
    return lambda row: "–" if getattr(row, name) is None else count_text(getattr(row, name))


def count_text(count: int) -> str:
    """A count with all its digits below a million, else with three of them."""
    for unit, scale in (("G", 10**9), ("M", 10**6)):
        if count >= scale:
            return f"{count / scale:#.3g} {unit}"
    return f"{count:,}"


def _value(name: str) -> Callable[[Measurement], float | None]:
    def value(row: Measurement) -> float | None:
        found: float | None = getattr(row, name)
        return found

    return value


def _fraction(name: str) -> Callable[[Measurement], str]:
    return lambda row: "–" if getattr(row, name) is None else f"{getattr(row, name):.2%}"


def _score(name: str) -> Callable[[Measurement], str]:
    def text(row: Measurement) -> str:
        value: float | None = getattr(row, name)
        if value is None:
            return "–"
        return f"{value:.2%}" if _in_percent(row) else f"{value:.4g}"

    return text


def _in_percent(row: Measurement) -> bool:
    return row.metric is not None and metric_facts(row.metric).percent


def _milliseconds(name: str) -> Callable[[Measurement], str]:
    return _scaled(name, (1, "ms"), (1e-3, "µs"))


def _microjoules(name: str) -> Callable[[Measurement], str]:
    return _scaled(name, (1e6, "J"), (1e3, "mJ"), (1, "µJ"), (1e-3, "nJ"))


def _seconds(name: str) -> Callable[[Measurement], str]:
    return _scaled(name, (1, "s"))


def _scaled(name: str, *units: tuple[float, str]) -> Callable[[Measurement], str]:
    """A quantity with three digits, in the largest of the units (each with its scale) of which there is a tenth."""

    def text(row: Measurement) -> str:
        value: float | None = getattr(row, name)
        if value is None:
            return "–"
        scale, unit = next((pair for pair in units if value >= pair[0] / 10), units[-1])
        return f"{value / scale:.3g} {unit}"

    return text


def _bytes(name: str) -> Callable[[Measurement], str]:
    return lambda row: "–" if getattr(row, name) is None else size_text(getattr(row, name))


def size_text(size: int) -> str:
    """Bytes in the largest unit of which there is one, with three digits (of 1000 and more, all)."""
    for unit, scale in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if size >= scale:
            value = size / scale
            return f"{value:.{max(0, 3 - len(str(int(value))))}f} {unit}"
    return f"{size} B"


def _target(row: Measurement) -> str:
    return "–" if row.point is None else f"{row.point:g}"


def _point(row: Measurement) -> str:
    return row.method or "unpruned" if _target(row) == "–" else _target(row)


def _numeric(row: Measurement) -> str:
    return f"{row.quantize or '–'}{' sparse' if row.sparse else ''}"


COLUMNS = {
    "stage": Column("", lambda row: row.file or row.stage or ""),
    "point": Column("point", _point),
    "method": Column("method", lambda row: row.method or "unpruned"),
    "target": Column("target", _target),
    "file": Column("file", lambda row: row.file or ""),
    "quantize": Column("numeric", _numeric),
    "score": Column("score", _score("score"), _value("score"), points=True),
    "parameters": Column("parameters", _count("parameters"), _value("parameters")),
    "prunable_weights": Column("weights", _count("prunable_weights")),
    "zero_weights": Column("zeroed", _count("zero_weights")),
    "sparsity": Column("zeros", _fraction("sparsity")),
    "macs": Column("MACs", _count("macs"), _value("macs")),
    "model_bytes": Column("file\nsize", _bytes("model_bytes"), _value("model_bytes")),
    "tflite_bytes": Column(".tflite", _bytes("tflite_bytes"), _value("tflite_bytes")),
    "tflite_gzip_bytes": Column("gzip", _bytes("tflite_gzip_bytes"), _value("tflite_gzip_bytes")),
    "latency_ms_p50": Column("p50", _milliseconds("latency_ms_p50"), _value("latency_ms_p50")),
    "energy_uj_estimate": Column("energy\n(est.)", _microjoules("energy_uj_estimate"), _value("energy_uj_estimate")),
    "energy_uj_measured": Column("energy\n(meas.)", _microjoules("energy_uj_measured"), _value("energy_uj_measured")),
    "training_s": Column("training", _seconds("training_s")),
    "max_abs_error": Column(
        "largest error", lambda row: "–" if row.max_abs_error is None else f"{row.max_abs_error:.2g}"
    ),
    "arena_bytes": Column("arena", _bytes("arena_bytes"), _value("arena_bytes")),
    "micro_score": Column("score\n(Micro)", _score("micro_score"), _value("micro_score"), points=True),
    "load_ms": Column("load", _milliseconds("load_ms"), _value("load_ms")),
    "peak_memory_bytes": Column("memory", _bytes("peak_memory_bytes"), _value("peak_memory_bytes")),
    "latency_ms_p90": Column("p90", _milliseconds("latency_ms_p90"), _value("latency_ms_p90")),
}


NOTHING = frozenset(("", "–"))
"""Cells without a value."""
POINT = ("threshold", "sparsity_target", "ratio")
KEYS = {
    "stage": ("stage", "file"),
    "point": ("method", *POINT),
    "target": POINT,
    "quantize": ("quantize", "sparse"),
    "score": ("metric", "score"),
}
"""Of columns that show another key than their own, or several: the JSON keys."""

SWEEP = (
    "point",
    "quantize",
    "score",
    "parameters",
    "prunable_weights",
    "zero_weights",
    "sparsity",
    "tflite_bytes",
    "tflite_gzip_bytes",
    "latency_ms_p50",
    "energy_uj_estimate",
)
COMPARISON = (
    "method",
    "target",
    "quantize",
    "score",
    "parameters",
    "sparsity",
    "tflite_gzip_bytes",
    "training_s",
    "latency_ms_p50",
    "energy_uj_estimate",
)
"""Columns of a sweep over one method, and over several."""


def change(column: Column, row: Measurement, first: Measurement) -> str:
    """What changed against the first row: points for scores up to 1, a factor from 2 on, else a percentage."""
    if column.number is None:
        return ""
    now, then = column.number(row), column.number(first)
    if now is None or then is None or row is first:
        return ""
    if column.points and _in_percent(row):
        return f"{100 * (now - then):+.2f}"
    if now == then:
        return "="
    if not then or not now:
        return ""
    return f"1/{then / now:.1f}" if then >= 2 * now else f"{now / then - 1:+.0%}"


def heading(column: Column, rows: Sequence[Measurement]) -> str:
    """The column's heading; the score bears its metric's name."""
    metric = next((row.metric for row in rows if row.metric), None)
    return column.heading.replace("score", metric or "score") if column.points else column.heading


def telling_columns(names: Sequence[str], rows: Sequence[Measurement]) -> tuple[list[str], list[str]]:
    """The columns in which rows differ, and those that have one value throughout (none for a single row).

    Scores and latencies always have their column: that they do not differ is a result. So has what the last row lacks.
    """
    texts = {name: {COLUMNS[name].cell(row) for row in rows} - NOTHING for name in names}
    used = [name for name in names if texts[name]]
    same = [name for name in used[1:] if len(rows) > 1 and len(texts[name]) == 1]
    constant = [
        name
        for name in same
        if not COLUMNS[name].points and not name.startswith("latency") and COLUMNS[name].cell(rows[-1]) in texts[name]
    ]
    return [name for name in used if name not in constant], constant
