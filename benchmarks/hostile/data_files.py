"""Data sets that are whole, odd or damaged, made into a case's folder. Each function returns the name for --data."""

import os
import random
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.hostile.cases import Folder
from benchmarks.hostile.damage import damaged_bytes

EXAMPLES = 24
CLASSES = 3
ROW = (4,)
IMAGE = (8, 8, 1)

Made = tuple[str, str]
"""The name for --data, and what it is."""


def arrays(rng: random.Random, shape: tuple[int, ...]) -> dict[str, Any]:
    """A whole data set of a few examples."""
    numbers = np.random.default_rng(rng.randrange(2**32))
    x = numbers.random((EXAMPLES, *shape), np.float32)
    return {"x": x, "y": np.arange(EXAMPLES) % CLASSES}


def npz(folder: Folder, rng: random.Random, shape: tuple[int, ...]) -> Made:
    """An archive with one odd array, or with damaged bytes."""
    content = arrays(rng, shape)
    path = folder.work / "data.npz"
    if rng.random() < 0.25:
        np.savez_compressed(path, **content) if rng.random() < 0.5 else np.savez(path, **content)
        changed, done = damaged_bytes(path.read_bytes(), rng)
        path.write_bytes(changed)
        return path.name, f"npz {done}"
    if rng.random() < 0.15:
        return _odd_members(path, content, rng)
    key = rng.choice(("x", "y", "y"))
    kind = rng.choice(sorted(_ARRAYS))
    content[key] = _ARRAYS[kind](content[key])
    if rng.random() < 0.3:
        content = {f"{name}_{part}": array for part in ("train", "test") for name, array in content.items()}
        if rng.random() < 0.3:
            content.pop(rng.choice(sorted(content)))
    np.savez(path, **content)
    return path.name, f"npz, {key} {kind}"


def _odd_members(path: Path, content: dict[str, Any], rng: random.Random) -> Made:
    """A zip archive with a member that is no array, or whose header declares more than it holds."""
    np.savez(path, **content)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    kind = rng.choice(("text", "large header", "pickled header", "negative header", "no header", "link"))
    shape = {"large header": (10**12, 4), "negative header": (-5, 4)}.get(kind, (24, 4))
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}"
    if kind == "pickled header":
        header = "__import__('os').mkdir('ran')"
    text = header.ljust(117).encode() + b"\n"
    content_of = {"text": b"hello", "no header": b"\x93NUMPY\x01\x00", "link": b"/etc/hostname"}
    members["x.npy"] = content_of.get(kind, b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text)
    with zipfile.ZipFile(path, "w") as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    return path.name, f"npz, x is {kind}"


def _with(array: Any, value: Any) -> Any:
    changed = np.array(array, dtype="f8")
    changed.reshape(-1)[changed.size // 2] = value
    return changed


_ARRAYS: dict[str, Callable[[Any], Any]] = {
    "whole": lambda a: a,
    "of objects": lambda a: np.array([{"a": 1}] * len(a), dtype=object),
    "ragged": lambda a: np.array([[1] * (i % 3) for i in range(len(a))], dtype=object),
    "texts": lambda a: np.array([f"class {i % 3}" for i in range(len(a))]),
    "bytes": lambda a: np.array([b"\xff\xfe"] * len(a)),
    "empty": lambda a: a[:0],
    "one": lambda a: a[:1],
    "two": lambda a: a[:2],
    "half": lambda a: a[: len(a) // 2],
    "scalar": lambda a: a.reshape(-1)[0],
    "flat": lambda a: a.reshape(-1),
    "one axis more": lambda a: a[..., None],
    "two axes more": lambda a: a[:, None, None],
    "wider": lambda a: np.concatenate([a, a], axis=-1),
    "without width": lambda a: a.reshape(len(a), -1)[:, :0],
    "NaN": lambda a: _with(a, np.nan),
    "infinite": lambda a: _with(a, -np.inf),
    "huge": lambda a: _with(a, 1e300),
    "huge whole numbers": lambda a: np.full(a.shape, 2**62),
    "negative": lambda a: -1 - np.abs(a).astype("i8"),
    "bytes 0..255": lambda a: (np.abs(a) * 100 % 256).astype("u1"),
    "bool": lambda a: a.astype("f4") > 0.5,
    "complex": lambda a: a.astype("c8"),
    "float16": lambda a: a.astype("f2"),
    "big-endian": lambda a: a.astype(">f8"),
    "dates": lambda a: np.zeros(a.shape, "M8[s]"),
    "structured": lambda a: np.zeros(len(a), dtype=[("a", "f4"), ("b", "i4")]),
    "fractions": lambda a: a + 0.5,
    "all the same": lambda a: np.zeros_like(a),
    "one-hot": lambda a: np.eye(3)[a.astype(int).reshape(len(a), -1)[:, 0] % 3],
    "too many classes": lambda a: a.astype("i8") * 1000,
    "fortran": lambda a: np.asfortranarray(a),
}


def table(folder: Folder, rng: random.Random, shape: tuple[int, ...]) -> Made:
    """A .csv or .parquet file with odd cells, rows or columns, or with damaged bytes."""
    import pandas as pd

    content = arrays(rng, (4,))
    frame = pd.DataFrame(content["x"], columns=["a", "b", "c", "d"])
    frame["label"] = content["y"]
    kind = rng.choice(("whole", "damaged", "damaged", "a cell", "a column", "names", "rows", "text"))
    parquet = rng.random() < 0.4 and kind not in ("text", "names")
    path = folder.work / ("data.parquet" if parquet else "data.csv")
    if kind == "a cell":
        column = rng.choice(list(frame.columns))
        frame[column] = frame[column].astype(object)
        frame.loc[rng.randrange(len(frame)), column] = rng.choice((None, "x", "", "1e400", "nan", "ü", "1,5"))
        if parquet:
            frame[column] = frame[column].astype(str)
    elif kind == "a column":
        extra = rng.choice((["x"] * len(frame), [None] * len(frame), [1e308] * len(frame), list(range(len(frame)))))
        frame.insert(rng.randrange(5), rng.choice(("new", "label2", "")), extra)
    elif kind == "names":
        frame.columns = rng.choice((["a"] * 5, ["", "1", "2", "3", "4"], ["a,b", 'c"', "\n", "d", "e"]))
    elif kind == "rows":
        frame = frame.iloc[: rng.choice((0, 1, 2, 3))]
    frame.to_parquet(path) if parquet else frame.to_csv(path, index=False)
    if kind == "text":
        texts = (b"", b"\n", b"\xff\xfe\0\0", b"a;b;c\n1;2;3\n" * 9, b"a,b\n1\n1,2,3\n", b'"' * 99, b"\0" * 999)
        path.write_bytes(rng.choice(texts))
    elif kind == "damaged":
        path.write_bytes(damaged_bytes(path.read_bytes(), rng)[0])
    return path.name, f"{path.suffix[1:]}, {kind}"


def images(folder: Folder, rng: random.Random, shape: tuple[int, ...]) -> Made:
    """A folder of images of three classes, some of them broken, foreign or missing."""
    from PIL import Image

    numbers = np.random.default_rng(rng.randrange(2**32))
    root = folder.work / "images"
    parts = ("train", "test") if rng.random() < 0.4 else ("",)
    for part in parts:
        for label in ("a", "b", "c"):
            (root / part / label).mkdir(parents=True)
            for number in range(4):
                pixels = numbers.integers(0, 256, (8, 8), dtype=np.uint8)
                Image.fromarray(pixels).save(root / part / label / f"{number}.{rng.choice(('png', 'jpg', 'bmp'))}")
    files = sorted(path for path in root.rglob("*") if path.is_file())
    kind = rng.choice(sorted(_IMAGES))
    _IMAGES[kind](rng.choice(files), rng)
    return root.name, f"images, one {kind}"


def _damage_file(path: Path, rng: random.Random) -> None:
    path.write_bytes(damaged_bytes(path.read_bytes(), rng)[0])


def _saved(path: Path, mode: str, size: tuple[int, int], kind: str = "PNG") -> None:
    from PIL import Image

    Image.new(mode, size).save(path, kind)


def _huge_header(path: Path, rng: random.Random) -> None:
    """A PNG that declares 60,000 x 60,000 pixels and holds none."""
    import struct
    import zlib

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunks = b""
    for name, data in ((b"IHDR", head), (b"IDAT", zlib.compress(b"\0" * 9)), (b"IEND", b"")):
        chunks += struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    path.with_suffix(".png").write_bytes(b"\x89PNG\r\n\x1a\n" + chunks)


def _replaced(path: Path, make: Callable[[Path], None]) -> None:
    path.unlink()
    make(path)


_IMAGES: dict[str, Callable[[Path, random.Random], None]] = {
    "whole": lambda path, rng: None,
    "damaged": _damage_file,
    "empty": lambda path, rng: path.write_bytes(b"") and None,
    "text": lambda path, rng: path.write_text("no image") and None,
    "16 bits deep": lambda path, rng: _saved(path, "I;16", (8, 8)),
    "with a palette": lambda path, rng: _saved(path, "P", (8, 8)),
    "of four channels": lambda path, rng: _saved(path, "RGBA", (8, 8)),
    "animated": lambda path, rng: _saved(path, "L", (8, 8), "GIF"),
    "of another size": lambda path, rng: _saved(path, "L", (300, 2)),
    "one pixel": lambda path, rng: _saved(path, "L", (1, 1)),
    "another format": lambda path, rng: _saved(path, "RGB", (8, 8), "TIFF"),
    "huge": _huge_header,
    "a pipe": lambda path, rng: _replaced(path, os.mkfifo),
    "a device": lambda path, rng: _replaced(path, lambda new: new.symlink_to("/dev/zero")),
    "a link to itself": lambda path, rng: _replaced(path, lambda new: new.symlink_to(new.name)),
    "a folder": lambda path, rng: _replaced(path, Path.mkdir),
    "missing with its class": lambda path, rng: shutil.rmtree(path.parent),
    "beside the classes": lambda path, rng: shutil.copy(path, path.parent.parent / "x.png") and None,
}
