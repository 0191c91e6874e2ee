"""Damage to the arrays of an HDF5 file: other types, shapes and names, missing ones, damaged attributes."""

import random
from pathlib import Path
from typing import Any

import numpy as np


def damage_weights(path: Path, rng: random.Random) -> str:
    """Change one array or attribute of the file; returns what was done."""
    import h5py

    with h5py.File(path, "r+") as file:
        arrays: list[str] = []
        groups: list[str] = []
        file.visititems(lambda name, item: (arrays if isinstance(item, h5py.Dataset) else groups).append(name))
        if rng.random() < 0.25 and groups:
            return _damage_attributes(file[rng.choice(["/", *groups])], rng)
        name = rng.choice(arrays)
        array = np.asarray(file[name])
        kind = rng.choice(sorted(_CHANGES))
        _replace(file, name, _CHANGES[kind](array, rng), rng)
        return f"array {name} {kind}"


def _replace(file: Any, name: str, changed: Any, rng: random.Random) -> None:
    del file[name]
    if changed is None:
        return
    if isinstance(changed, str):
        file.create_group(name)
    elif isinstance(changed, tuple):  # a shape that is declared and not filled
        file.create_dataset(name, shape=changed, dtype="f4", chunks=tuple(min(64, length) for length in changed))
    elif getattr(changed, "dtype", None) is not None and changed.dtype.kind == "f" and rng.random() < 0.2:
        file.create_dataset(name, data=changed, compression="gzip" if changed.ndim else None)
    else:
        file[name] = changed


def _damage_attributes(group: Any, rng: random.Random) -> str:
    names = sorted(group.attrs)
    if not names:
        group.attrs["weight_names"] = np.array([b"nothing"])
        return f"weight_names given to {group.name}"
    name = rng.choice(names)
    kind = rng.choice(("removed", "a number", "an array", "text", "bytes that are no text", "one name less", "doubled"))
    value = np.atleast_1d(np.asarray(group.attrs[name]))
    if value.dtype.kind in "OU" or not value.size:
        value = np.array([str(text).encode() for text in value] or [b"x"])
    del group.attrs[name]
    changed: Any = {
        "a number": 7,
        "an array": np.ones((2, 3)),
        "text": "x",
        "bytes that are no text": np.array([b"\xff\xfe"]),
        "one name less": value[:-1] if len(value) > 1 else value[0],
        "doubled": np.concatenate([value, value]) if value.dtype.kind == "S" else value[0],
    }.get(kind)
    if changed is not None:
        group.attrs[name] = changed
    return f"attribute {name} of {group.name}: {kind}"


def _compound(array: Any, rng: random.Random) -> Any:
    return np.zeros(array.shape, dtype=[("a", "f4"), ("b", "i2")])


def _texts(array: Any, rng: random.Random) -> Any:
    return np.full(array.shape or (1,), b"weight")


def _with_nan(array: Any, rng: random.Random) -> Any:
    changed = np.array(array, dtype="f4").reshape(-1)
    if changed.size:
        changed[rng.randrange(changed.size)] = rng.choice((np.nan, np.inf, -np.inf, 3.4e38, 1e-45))
    return changed.reshape(array.shape)


_CHANGES: dict[str, Any] = {
    "missing": lambda array, rng: None,
    "a group": lambda array, rng: "group",
    "transposed": lambda array, rng: array.T,
    "flat": lambda array, rng: array.reshape(-1),
    "longer": lambda array, rng: np.concatenate([np.atleast_1d(array), np.atleast_1d(array)]),
    "empty": lambda array, rng: np.zeros((0, *array.shape[1:]), "f4"),
    "a scalar": lambda array, rng: np.float32(1),
    "float64": lambda array, rng: array.astype("f8"),
    "float16": lambda array, rng: array.astype("f2"),
    "int8": lambda array, rng: array.astype("i1"),
    "bool": lambda array, rng: array.astype(bool),
    "complex": lambda array, rng: array.astype("c8"),
    "big-endian": lambda array, rng: array.astype(">f4"),
    "texts": _texts,
    "compound": _compound,
    "not finite": _with_nan,
    "declared large": lambda array, rng: tuple(10**6 for _ in array.shape) or (10**9,),
    "one axis more": lambda array, rng: array[None],
}
