"""Data in memory, laid down as the files that `--data` reads."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from edgeprune.contracts.data import Array
from edgeprune.contracts.errors import DataError, UsageError
from edgeprune.contracts.processes.quiet import silenced
from edgeprune.contracts.processes.temporary import temporary_folder
from edgeprune.contracts.wording import in_one_line
from edgeprune.dataset_io.splits import plain_reason

Ports = Callable[[], tuple[Sequence[str], Sequence[str]]]
"""The names of a model's inputs and of its outputs, in their order."""

FORMS = "a path, (x, y), (x,), ((x_train, y_train), (x_test, y_test)), a pandas frame, or one or two tf.data.Datasets"


def lay_down(data: Any, new: Callable[[str, str], Path], ports: Ports) -> Path:
    """Write data to a path that `new(file name, name for the caller)` gives.

    Arrays go into an `.npz`, a frame into a table, data sets (one, or train and test) into folders. Each side of
    arrays may be a list, in the order of the model's inputs or outputs, or a dict by their names; `y` may be None, or
    `x` stand alone, as in `(x,)`.
    Raises UsageError for data of another form, DataError for what cannot be written.
    """
    if _is_dataset(data):
        return _save_datasets({"": data}, new)
    if hasattr(data, "to_parquet"):
        return _write_frame(data, new("data.parquet", "data"))
    if hasattr(data, "__array__"):
        data = (data, None)
    if isinstance(data, tuple) and len(data) == 1 and not _is_dataset(data[0]):
        data = (*data, None)
    if isinstance(data, list | tuple) and len(data) == 2:
        if all(_is_dataset(part) for part in data):
            return _save_datasets(dict(zip(("train", "test"), data, strict=True)), new)
        if not any(_is_dataset(part) for part in data):
            return _write_arrays(data, new("data.npz", "data"), ports)
    raise UsageError(f"data: found {_what(data)}", f"give {FORMS}")


def _is_dataset(data: Any) -> bool:
    return hasattr(data, "element_spec")


def _what(data: Any) -> str:
    kind = type(data).__name__
    if isinstance(data, list | tuple):
        return f"{kind} of {', '.join(type(part).__name__ for part in data[:4])}{', …' if len(data) > 4 else ''}"
    return kind


def _save_datasets(parts: Mapping[str, Any], new: Callable[[str, str], Path]) -> Path:
    import tensorflow as tf

    place = new("data", "data")
    for name, dataset in parts.items():
        if int(dataset.cardinality()) == tf.data.INFINITE_CARDINALITY:
            raise DataError("data: the tf.data.Dataset never ends", "leave .repeat() out")
        with silenced(), temporary_folder(place.parent) as cache:
            failure = _save(dataset.cache(str(cache / "read")), place / name)
        if failure:
            raise DataError(f"data: the tf.data.Dataset cannot be read: {failure}", "mend what it is made of")
    return place


def _save(dataset: Any, folder: Path) -> str:
    """Save a data set that keeps what was read; why it cannot be read, else an empty text.

    Where one fails, TensorFlow 2.21 waits in `save` for ever, so it is read to its end before. No error is raised: with
    its traceback the iterator would live on, and complain when it goes.
    """
    import tensorflow as tf

    try:
        for _ in dataset:
            pass
        dataset.save(str(folder))
    except tf.errors.OpError as error:
        return plain_reason(error)
    return ""


def _write_frame(frame: Any, place: Path) -> Path:
    try:
        frame.rename(columns=str).to_parquet(place, index=False)
    except (TypeError, ValueError) as error:  # as pyarrow's own errors are
        reason = in_one_line(error, 200)
        raise DataError(f"data: the frame cannot be written: {reason}", "give columns of numbers") from error
    return place


def _write_arrays(data: Sequence[Any], place: Path, ports: Ports) -> Path:
    is_split = all(isinstance(part, tuple) and len(part) == 2 for part in data)
    parts = zip(("_train", "_test"), data, strict=True) if is_split else [("", data)]
    arrays: dict[str, Array] = {}
    for suffix, (inputs, labels) in parts:
        arrays |= _side(f"x{suffix}", inputs, lambda: ports()[0]) | _side(f"y{suffix}", labels, lambda: ports()[1])
    np.savez(place, allow_pickle=False, **arrays)
    return place


def _side(stem: str, value: Any, names: Callable[[], Sequence[str]]) -> dict[str, Array]:
    """The arrays of one side under the keys of an `.npz`; none where there are no labels."""
    if value is None:
        return {}
    if isinstance(value, Mapping):
        return {f"{stem}_{name}": _array(f"{stem}[{name!r}]", item) for name, item in value.items()}
    if not isinstance(value, list | tuple) or not all(np.ndim(item) for item in value if hasattr(item, "shape")):
        return {stem: _array(stem, value)}
    if not value or not all(hasattr(item, "shape") for item in value):
        return {stem: _array(stem, value)}
    known = names()
    if len(known) == 1:  # one array in a list, as Keras takes it, or a list of examples
        return {stem: _array(stem, value[0] if len(value) == 1 else value)}
    if len(value) != len(known):
        what = "inputs" if stem.startswith("x") else "outputs"
        raise DataError(
            f"data: {stem} is a list of {len(value)} arrays, and the model has {len(known)} {what}",
            f"give one for each of {', '.join(known)}",
        )
    return {f"{stem}_{name}": _array(f"{stem}[{name!r}]", item) for name, item in zip(known, value, strict=True)}


def _array(name: str, value: Any) -> Array:
    """Numbers, or labels as text, of any container. Raises DataError for anything else."""
    try:
        array = np.asarray(value)
        if array.dtype.kind == "T" or (array.dtype.kind == "O" and all(isinstance(item, str) for item in array.flat)):
            return array.astype(str)
        return array.astype(np.float64) if array.dtype.kind in "OV" else array  # bfloat16 is a V
    except (TypeError, ValueError) as error:
        reason = in_one_line(error, 120)
        raise DataError(
            f"data: {name} is no array of numbers, but {_what(value)} ({reason})",
            "give numbers of one shape for all examples",
        ) from error
