"""Tables of numbers: one column of labels, all others are the input."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from edgeprune.contracts.data import Array
from edgeprune.contracts.errors import DataError, UsageError
from edgeprune.contracts.model import Interface
from edgeprune.contracts.wording import did_you_mean
from edgeprune.dataset_io.examples import ONE_PART, TEXT_LABELS, Examples, reading
from edgeprune.dataset_io.labels import number_text_classes
from edgeprune.dataset_io.options import NO_LABELS, DataOptions
from edgeprune.dataset_io.parts import RawData, checked_part

SUMMARY = "FILE.csv, FILE.parquet: --label COLUMN holds the labels (default: the last), all others are the input"
HOLDS = (TEXT_LABELS, ONE_PART)

_SUFFIXES = (".csv", ".parquet")


def matches(source: str) -> bool:
    """Whether this is a .csv or .parquet file."""
    return source.lower().endswith(_SUFFIXES) and Path(source).is_file()


def check(source: str, options: DataOptions) -> None:
    """Raise UsageError for a label that is no column, and DataError for a damaged table, before a model is loaded."""
    if options.label not in (None, NO_LABELS):
        _label_column(source, _columns(source, options.no_header), options)


def read(source: str, interface: Interface, options: DataOptions) -> RawData:
    """The whole table as one part.

    Raises DataError for a damaged table or columns that are not numbers, UsageError for a label that is no column.
    """
    frame = _frame(source, options.no_header)
    frame.columns = [str(name) for name in frame.columns]
    warnings = _lost_row(source, frame) if _is_csv(source) and not options.no_header else ()
    if len(frame) == 0 or len(frame.columns) == 0:
        raise DataError(f"{source} has {len(frame)} rows", "give at least three, for training, validation and test")
    if not options.reads_labels:
        if options.label not in (None, NO_LABELS):
            frame.pop(_label_column(source, list(frame.columns), options))
        part = checked_part(source, {"the table": _features(source, frame)}, {})
        return RawData(train=part, test=None, warnings=warnings)
    name = _label_column(source, list(frame.columns), options)
    label = frame.pop(name)
    if len(frame.columns) == 0:
        raise DataError(f"{source} has one column, {name!r}", "give columns for the input beside the labels")
    labels, names = _labels(source, name, label)
    notes = (f"classes of column {name!r} by number: {', '.join(names[:20])}",) if names else ()
    features = {"the input columns": _features(source, frame)}
    part = checked_part(source, features, {f"column {name!r}": labels})
    return RawData(train=part, test=None, class_names=(names,), notes=notes, warnings=warnings)


def write(folder: Path, parts: Mapping[str, Examples]) -> str:
    """Write a .csv of one part: the numbers of an example, and its label, are a row."""
    import pandas as pd

    (part,) = parts.values()
    (inputs,) = part.inputs.values()
    frame = pd.DataFrame(inputs.reshape(len(inputs), -1)).assign(**part.labels)
    file = folder / "data.csv"
    frame.to_csv(file, index=False)
    return str(file)


def _is_csv(source: str) -> bool:
    return source.lower().endswith(".csv")


def _frame(source: str, no_header: bool, rows: int | None = None) -> Any:
    import pandas as pd

    with reading(source, "table"):
        if not _is_csv(source):
            return pd.read_parquet(source)
        # Without low_memory, pandas guesses the type of a column once, not anew for each piece of the file.
        frame = pd.read_csv(source, low_memory=False, header=None if no_header else "infer", nrows=rows)
        if no_header:
            frame.columns = range(1, len(frame.columns) + 1)
        return frame


def _lost_row(source: str, frame: Any) -> tuple[str, ...]:
    """A warning where the names of the columns look like an example: each like the values below it.

    Numbers that just count the columns are names.
    """
    names = [str(value) for value in _frame(source, no_header=True, rows=1).iloc[0]]
    counted = [[str(number) for number in range(start, start + len(names))] for start in (0, 1)]
    if names in counted or len(names) != len(frame.columns):
        return ()
    columns = (frame.iloc[:, place] for place in range(len(names)))
    if not all(_is_like(name, column) for name, column in zip(names, columns, strict=True)):
        return ()
    shown = ", ".join(names[:4]) + (", …" if len(names) > 4 else "")
    return (f"{source}: the first row ({shown}) is taken for names of columns; give --no-header if it is an example",)


def _is_like(name: str, column: Any) -> bool:
    return _is_number(name) if column.dtype.kind in "iuf" else name in set(column.astype(str))


def _is_number(name: str) -> bool:
    try:
        float(name)
    except ValueError:
        return False
    return True


def _columns(source: str, no_header: bool) -> list[str]:
    if _is_csv(source):
        return [str(name) for name in _frame(source, no_header, rows=1).columns]
    from pyarrow.parquet import read_schema

    with reading(source, "table"):
        return list(read_schema(source).names)


def _label_column(source: str, columns: list[str], options: DataOptions) -> str:
    if options.label is None:
        return str(columns[-1])
    if options.label in columns:
        return options.label
    listed = ", ".join(columns[:20]) + (f", … ({len(columns)} in all)" if len(columns) > 20 else "")
    raise UsageError(
        f"--label {options.label!r} is no column of {source}, which has {listed}",
        did_you_mean(options.label, columns, "choose one of these"),
    )


def _labels(source: str, name: str, label: Any) -> tuple[Array, tuple[str, ...]]:
    """Labels as numbers, and the names of the classes where they were text."""
    missing = int(label.isna().sum())
    if missing:
        raise DataError(f"{source}: column {name!r} has no value in {missing} rows", "remove these rows")
    if label.dtype.kind in "biuf":
        return np.asarray(label.to_numpy()), ()
    (numbers,), names = number_text_classes([label.astype(str).to_numpy(dtype=str)])
    return numbers, names


def _features(source: str, frame: Any) -> Array:
    """All columns side by side as float32, one row an example."""
    for name in frame.columns:
        column = frame[name]
        if column.dtype.kind not in "biuf":
            example = next((repr(value) for value in column if isinstance(value, str)), str(column.dtype))
            raise DataError(
                f"{source}: column {name!r} is not numbers (it holds {example})",
                "encode it as numbers, remove it, or name it with --label",
            )
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
        bad = int((~(np.abs(values) <= np.finfo(np.float32).max)).sum())
        if bad:
            raise DataError(
                f"{source}: column {name!r} has {bad} values that are missing, NaN, infinite or beyond float32",
                "fill them in, or remove these rows",
            )
    return np.asarray(frame.to_numpy(dtype=np.float32))
