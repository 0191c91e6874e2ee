"""Folders of images, one sub-folder a class, decoded and resized on the fly."""

import math
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from edgeprune.contracts.data import Indices
from edgeprune.contracts.errors import DataError
from edgeprune.contracts.model import Interface, Port
from edgeprune.contracts.processes.quiet import import_tensorflow
from edgeprune.dataset_io.examples import ONE_PART, TEST_PART, TEXT_LABELS, Examples
from edgeprune.dataset_io.facts import Facts, label_facts
from edgeprune.dataset_io.options import DataOptions
from edgeprune.dataset_io.parts import RawData
from edgeprune.dataset_io.splits import plain_reason
from edgeprune.dataset_io.streams import StreamPart

SUMMARY = "FOLDER of images: a sub-folder for each class, train/ and test/ above them if present; read as a stream"
HOLDS = (TEXT_LABELS, TEST_PART, ONE_PART)

_SUFFIXES = frozenset((".png", ".jpg", ".jpeg", ".bmp", ".gif"))
_PARTS = ("train", "test")

ImageShape = tuple[int, int, int]
"""Height, width, channels."""


@dataclass(frozen=True, kw_only=True)
class _Files:
    """The images of one part, sorted, with the number of each one's class (none where classes are not wanted)."""

    paths: tuple[str, ...]
    classes: tuple[int, ...]


def matches(source: str) -> bool:
    """Whether this is a folder with an image somewhere in it."""
    return Path(source).is_dir() and next(_images(Path(source)), None) is not None


def read(source: str, interface: Interface, options: DataOptions) -> RawData:
    """The folder's parts. Every image is decoded once here, so that a broken one is named before any work is done.

    Raises DataError for broken images, folders without classes, or a model that takes no image.
    """
    root = Path(source)
    folders = {name: root / name for name in _PARTS if (root / name).is_dir()} or {"train": root}
    names = _class_names(next(iter(folders.values()))) if options.reads_labels else ()
    files = {part: _listed(folder, names, options) for part, folder in folders.items()}
    every_path = [path for part in files.values() for path in part.paths]
    import_tensorflow()
    shape = _image_shape(source, interface.inputs[0], every_path[0])
    _check_images(every_path, shape[2])
    parts = {part: _part(listing, shape) for part, listing in files.items()}
    notes = [
        f"images are read as {shape[0]}x{shape[1]} pixels, {'RGB' if shape[2] == 3 else 'gray'} (resized if larger"
        f" or smaller)"
    ]
    if names:
        notes.append("classes by number: " + ", ".join(f"{number} {name}" for number, name in enumerate(names)))
    notes += _left_out(root, folders, len(every_path))
    return RawData(train=parts.get("train"), test=parts.get("test"), class_names=(names,), notes=tuple(notes))


def write(folder: Path, parts: Mapping[str, Examples]) -> str:
    """Write each example, whole numbers of shape (height, width, 1 or 3), as a .png into its class's folder, if any."""
    from PIL import Image

    for part, examples in parts.items():
        (inputs,) = examples.inputs.values()
        (labels,) = examples.labels.values() or [[""] * len(inputs)]
        for number, (pixels, label) in enumerate(zip(inputs, labels, strict=True)):
            file = folder / part / str(label) / f"{number}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels).save(file)
    return str(folder)


def _images(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.suffix.lower() in _SUFFIXES and path.is_file())


def _class_names(folder: Path) -> tuple[str, ...]:
    names = sorted(entry.name for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith("."))
    if not names:
        raise DataError(
            f"{folder} has images, but no sub-folder for each class",
            "put the images of each class into a folder of its own, or give --label none or --target input",
        )
    return tuple(names)


def _listed(folder: Path, names: tuple[str, ...], options: DataOptions) -> _Files:
    if not options.reads_labels:
        paths = sorted(str(path) for path in _images(folder))
        found = _Files(paths=tuple(paths), classes=())
    else:
        unknown = sorted(set(_class_names(folder)) - set(names))
        if unknown:
            raise DataError(
                f"{folder} has class {unknown[0]!r}, which the training part lacks ({', '.join(names)})",
                "give both parts the same class folders",
            )
        pairs = [(str(p), n) for n, name in enumerate(names) for p in sorted(_images(folder / name))]
        found = _Files(paths=tuple(path for path, _ in pairs), classes=tuple(number for _, number in pairs))
    if not found.paths:
        raise DataError(f"{folder} holds no images", f"give files that end in {', '.join(sorted(_SUFFIXES))}")
    return found


def _image_shape(source: str, port: Port, first: str) -> ImageShape:
    """The model's image size; a flat input of a square's length is a square image, as in `mnist.npz`."""
    shape = port.shape
    if len(shape) == 1 and shape[0] is not None:
        for channels in (1, 3):
            side = math.isqrt(shape[0] // channels)
            if side * side * channels == shape[0]:
                return side, side, channels
    if len(shape) == 2:
        shape = (*shape, 1)
    if len(shape) != 3 or shape[2] not in (1, 3, None):
        raise DataError(
            f"{source} is a folder of images, and input {port.name!r} takes {port.shape}",
            "give the numbers that this model takes as .npz or .csv",
        )
    height, width, channels = shape[0], shape[1], shape[2] or 3
    if height is None or width is None:
        height, width = _decoded(first, channels).shape[:2]
    return height, width, channels


def _decoded(path: Any, channels: int) -> Any:
    """Pixels of 8 bits; deeper ones are cut to 8. Of an animation the first picture counts."""
    import tensorflow as tf

    content = tf.io.read_file(path)
    return tf.cond(
        tf.strings.regex_full_match(tf.strings.lower(path), r".*\.(bmp|gif)"),
        lambda: _decoded_as_stored(content, channels),
        lambda: tf.io.decode_image(content, channels=channels, expand_animations=False),
    )


def _decoded_as_stored(content: Any, channels: int) -> Any:
    """TensorFlow's decoders for .bmp and .gif do not change the number of channels."""
    import tensorflow as tf

    image = tf.io.decode_image(content, expand_animations=False)
    colours = tf.cond(tf.shape(image)[-1] == 1, lambda: tf.repeat(image, 3, axis=-1), lambda: image[..., :3])
    colours.set_shape((None, None, 3))
    return colours if channels == 3 else tf.image.rgb_to_grayscale(colours)


def _check_images(paths: list[str], channels: int) -> None:
    def problem(path: str) -> str:
        import tensorflow as tf

        try:
            _decoded(path, channels)
        except tf.errors.OpError as error:
            return plain_reason(error)
        return ""

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, reason in zip(paths, pool.map(problem, paths), strict=True):
            if reason:
                raise DataError(f"{path} is no readable image ({reason})", "remove it, or save it anew as .png")


def _part(files: _Files, shape: ImageShape) -> StreamPart:
    pixels = Facts(
        count=len(files.paths),
        shape=shape,
        dtype=np.dtype(np.uint8),
        minimum=0,
        maximum=255,
        whole=True,
        nonfinite=0,
    )
    classes = (np.asarray(files.classes),) if files.classes else ()
    return StreamPart(
        source=partial(_examples, files, shape),
        total=len(files.paths),
        input_facts=(pixels,),
        label_facts=tuple(map(label_facts, classes)),
        classes=classes,
    )


def _examples(files: _Files, shape: ImageShape, chosen: Indices | None, shuffle_seed: int | None) -> Any:
    """Shuffles the paths, all of them, before anything is decoded."""
    import tensorflow as tf

    numbers = range(len(files.paths)) if chosen is None else chosen
    paths = tf.constant([files.paths[number] for number in numbers], tf.string)
    columns = [paths]
    if files.classes:
        columns.append(tf.constant([files.classes[number] for number in numbers], tf.int32))
    listed = tf.data.Dataset.from_tensor_slices(tuple(columns))
    if shuffle_seed is not None and len(numbers):
        listed = listed.shuffle(len(numbers), seed=shuffle_seed)

    def example(path: Any, *labels: Any) -> Any:
        # As keras.utils.image_dataset_from_directory does it: bilinear, without rounding to whole numbers.
        image = tf.image.resize(_decoded(path, shape[2]), shape[:2])
        image.set_shape(shape)
        return (image,), labels

    return listed.map(example, num_parallel_calls=tf.data.AUTOTUNE)


def _left_out(root: Path, folders: dict[str, Path], taken: int) -> list[str]:
    """A note on what lies in the folder and is not read."""
    notes = []
    if root not in folders.values():
        beside = sorted(e.name for e in root.iterdir() if e.is_dir() and e.name not in folders and e.name[0] != ".")
        if beside:
            notes.append(f"not read: {', '.join(beside)} beside {' and '.join(folders)}")
    files = sum(1 for folder in folders.values() for path in folder.rglob("*") if path.is_file())
    if files > taken:
        notes.append(f"not read: {files - taken} files that are no images in a class folder")
    return notes
