"""Saved `tf.data.Dataset`s (`dataset.save(folder)`), read as a stream."""

import math
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from edgeprune.contracts.data import Array, Indices
from edgeprune.contracts.errors import DataError
from edgeprune.contracts.model import Interface, Port
from edgeprune.contracts.processes.quiet import import_tensorflow
from edgeprune.dataset_io.examples import ONE_PART, SEVERAL_ARRAYS, TEST_PART, Examples
from edgeprune.dataset_io.facts import Facts, input_facts, label_facts, merged
from edgeprune.dataset_io.labels import class_numbers, joined_classes
from edgeprune.dataset_io.options import DataOptions
from edgeprune.dataset_io.parts import RawData, check_finite
from edgeprune.dataset_io.shapes import fitted_shape
from edgeprune.dataset_io.splits import plain_reason
from edgeprune.dataset_io.streams import StreamPart

SUMMARY = "FOLDER of a saved tf.data.Dataset of (x, y): train/ and test/ below it, or one to split; read as a stream"
HOLDS = (SEVERAL_ARRAYS, TEST_PART, ONE_PART)

_SPEC = "dataset_spec.pb"
_PARTS = ("train", "test")
_CHUNK_BYTES = 1 << 24
_SHUFFLE_BYTES = 1 << 28


def matches(source: str) -> bool:
    """Whether this folder, or train/ or test/ in it, holds a saved data set."""
    return any((Path(source) / name / _SPEC).is_file() for name in ("", *_PARTS))


def read(source: str, interface: Interface, options: DataOptions) -> RawData:
    """The folder's parts; each is read through once, to count its examples and to check its values.

    Elements are `(x, y)`, single or batched; x and y are arrays, tuples in the order of the model's inputs and
    outputs, or dicts by their names. Raises DataError for damaged files or elements of another form.
    """
    import_tensorflow()
    folders = {name: Path(source) / name for name in _PARTS if (Path(source) / name / _SPEC).is_file()}
    outputs = interface.outputs if options.reads_labels else ()
    notes: list[str] = []
    parts = {}
    for name, folder in (folders or {"train": Path(source)}).items():
        dataset = _examples(folder, interface.inputs, outputs, notes)
        parts[name] = _part(str(folder), dataset)
    return RawData(train=parts.get("train"), test=parts.get("test"), notes=tuple(dict.fromkeys(notes)))


def write(folder: Path, parts: Mapping[str, Examples]) -> str:
    """Save each part in a folder of its name, its elements as dicts by the names of inputs and outputs."""
    import tensorflow as tf

    for part, examples in parts.items():
        inputs, labels = dict(examples.inputs), dict(examples.labels)
        elements = tf.data.Dataset.from_tensor_slices((inputs, labels) if labels else inputs)
        elements.save(str(folder / part))
    return str(folder)


def _examples(folder: Path, inputs: tuple[Port, ...], outputs: tuple[Port, ...], notes: list[str]) -> Any:
    """The data set as single examples: a tuple of the inputs and one of the labels."""
    import tensorflow as tf

    try:
        # One file after the other: by default as many at once as there are cores, and the order follows the machine.
        dataset = tf.data.Dataset.load(str(folder), reader_func=_one_after_the_other)
    except (
        Exception
    ) as error:  # TensorFlow's decoder of what the elements are raises nearly anything where it is damaged
        raise _damaged(str(folder), error) from error
    sides = partial(_sides, str(folder), inputs, outputs)
    specs = sides(dataset.element_spec)
    for spec in (*specs[0], *specs[1]):
        if not isinstance(spec, tf.TensorSpec) or not (
            spec.dtype.is_floating or spec.dtype.is_integer or spec.dtype.is_bool
        ):
            raise DataError(f"{folder}: elements hold {spec}, expected arrays of numbers", "save it anew as numbers")
    if outputs and isinstance(dataset.element_spec, tuple) and len(dataset.element_spec) == 3:
        notes.append("the sample weights in the data set are not used")

    def select(*element: Any) -> Any:
        return sides(element[0] if len(element) == 1 else element)

    examples = dataset.map(select)
    return examples.unbatch() if _is_batched(str(folder), specs[0][0], inputs[0]) else examples


def _one_after_the_other(files: Any) -> Any:
    return files.flat_map(_same)


def _same(file: Any) -> Any:
    return file


def _sides(where: str, inputs: tuple[Port, ...], outputs: tuple[Port, ...], element: Any) -> Any:
    """Inputs and labels of one element, or of its description, which has the same structure."""
    parts = element if isinstance(element, tuple) else ()
    are_inputs = not outputs and len(inputs) > 1 and not isinstance(element[0], tuple | Mapping) if parts else False
    is_pair = len(parts) in (2, 3) and not are_inputs
    if not is_pair and outputs:
        raise DataError(
            f"{where}: elements are single values, expected (x, y)",
            "save pairs, or give --label none or --target input",
        )
    x, y = element[:2] if is_pair else (element, ())
    return _by_port(where, "x", x, inputs), _by_port(where, "y", y, outputs)


def _by_port(where: str, side: str, value: Any, ports: tuple[Port, ...]) -> tuple[Any, ...]:
    names = [port.name for port in ports]
    if not ports:
        return ()
    if isinstance(value, Mapping):
        if len(ports) == 1 and len(value) == 1:
            return tuple(value.values())
        if missing := [name for name in names if name not in value]:
            raise DataError(
                f"{where}: {side} holds {', '.join(sorted(value))}, and not {missing[0]!r}",
                f"name its entries as the model does: {', '.join(names)}",
            )
        return tuple(value[name] for name in names)
    values = tuple(value) if isinstance(value, tuple | list) else (value,)
    if len(values) != len(ports):
        raise DataError(
            f"{where}: {side} holds {len(values)} arrays, the model has {len(ports)} ({', '.join(names)})",
            "give one array for each",
        )
    return values


def _is_batched(where: str, spec: Any, port: Port) -> bool:
    shape = None if spec.shape.rank is None else tuple(spec.shape)
    if shape is not None and fitted_shape(shape, port.shape) is not None:
        return False
    if shape and fitted_shape(shape[1:], port.shape) is not None:
        return True
    raise DataError(
        f"{where}: elements have shape {shape}, and input {port.name!r} takes {port.shape}",
        "save examples, or batches of them, of the model's shape",
    )


def _part(where: str, examples: Any) -> StreamPart:
    """Reads the part through, a chunk at a time; of the labels it keeps the classes."""
    import tensorflow as tf

    chunk = max(1, _CHUNK_BYTES // _example_bytes(examples))
    inputs: list[tuple[Facts, ...]] = []
    labels: list[tuple[Facts, ...]] = []
    classes: list[tuple[Array | None, ...]] = []
    try:
        for x, y in examples.batch(chunk).prefetch(1).as_numpy_iterator():
            inputs = [_with(inputs, tuple(input_facts(array) for array in x))]
            labels = [_with(labels, tuple(label_facts(array) for array in y))]
            classes.append(tuple(class_numbers(array) for array in y))
    except tf.errors.OpError as error:
        raise _damaged(where, error) from error
    if not inputs:
        raise DataError(f"{where} is a data set without examples", "give at least three")
    for facts in inputs[0]:
        check_finite(f"{where}: x", facts)
    for facts in labels[0]:
        check_finite(f"{where}: y", facts)
    total = inputs[0][0].count
    return StreamPart(
        source=partial(_read, examples, total),
        total=total,
        input_facts=inputs[0],
        label_facts=labels[0],
        classes=tuple(joined_classes(chunks) for chunks in zip(*classes, strict=True)),
    )


def _with(known: list[tuple[Facts, ...]], new: tuple[Facts, ...]) -> tuple[Facts, ...]:
    return tuple(merged(pair) for pair in zip(*known, new, strict=True))


def _read(examples: Any, total: int, chosen: Indices | None, shuffle_seed: int | None) -> Any:
    """The chosen examples, told by one flag for each example of the source; shuffled in a buffer of bounded size."""
    import tensorflow as tf

    if chosen is not None:
        flags = np.zeros(total, bool)
        flags[chosen] = True
        wanted = tf.constant(flags)

        def is_wanted(number: Any, _example: Any) -> Any:
            return wanted[number]

        def example_alone(_number: Any, example: Any) -> Any:
            return example

        examples = examples.enumerate().filter(is_wanted).map(example_alone)
    # Keras warns of data that "ran out" where it cannot know the number of batches.
    examples = examples.apply(tf.data.experimental.assert_cardinality(total if chosen is None else len(chosen)))
    if shuffle_seed is None:
        return examples
    buffer = max(1, min(total, _SHUFFLE_BYTES // _example_bytes(examples)))
    return examples.shuffle(buffer, seed=shuffle_seed)


def _example_bytes(examples: Any) -> int:
    """Size of one example in memory; axes of unknown length count as 1000."""
    inputs, labels = examples.element_spec
    lengths = ([n or 1000 for n in spec.shape] for spec in (*inputs, *labels))
    sizes = (spec.dtype.size for spec in (*inputs, *labels))
    total: int = sum(math.prod(shape) * size for shape, size in zip(lengths, sizes, strict=True))
    return max(1, total)


def _damaged(where: str, error: Exception) -> DataError:
    return DataError(
        f"{where} is no readable saved data set ({plain_reason(error)})",
        "save it anew with dataset.save(folder), examples of one shape, without compression",
    )
