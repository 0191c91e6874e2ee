"""Damage to bytes, and to JSON, as files that were cut off, copied badly or edited have it."""

import random
from collections.abc import Iterator
from typing import Any

LONG_TEXT = "a" * 100_000


def damaged_bytes(content: bytes, rng: random.Random) -> tuple[bytes, str]:
    """A damaged copy, and what was done."""
    kinds = (_flipped, _flipped, _flipped, _cut, _zeroed, _swapped, _random_run, _repeated, _large_numbers)
    kind = rng.choice(kinds)
    damaged = kind(bytearray(content), rng) if content else b"\0"
    return bytes(damaged), kind.__name__.strip("_").replace("_", " ")


def _flipped(content: bytearray, rng: random.Random) -> bytearray:
    for _ in range(rng.choice((1, 1, 2, 8, 40))):
        content[rng.randrange(len(content))] ^= rng.randrange(1, 256)
    return content


def _cut(content: bytearray, rng: random.Random) -> bytearray:
    return content[: rng.randrange(len(content))]


def _run(content: bytearray, rng: random.Random) -> slice:
    length = rng.choice((1, 4, 8, 64, 512, 4096))
    start = rng.randrange(len(content))
    return slice(start, min(len(content), start + length))


def _zeroed(content: bytearray, rng: random.Random) -> bytearray:
    place = _run(content, rng)
    content[place] = bytes(place.stop - place.start)
    return content


def _random_run(content: bytearray, rng: random.Random) -> bytearray:
    place = _run(content, rng)
    content[place] = rng.randbytes(place.stop - place.start)
    return content


def _large_numbers(content: bytearray, rng: random.Random) -> bytearray:
    """Lengths and offsets of all ones, or of the highest bit."""
    for _ in range(rng.choice((1, 2, 4))):
        start = rng.randrange(max(1, len(content) - 8))
        content[start : start + 4] = rng.choice((b"\xff" * 4, b"\xff\xff\xff\x7f", b"\0\0\0\x80", b"\0\0\x10\0"))
    return content


def _swapped(content: bytearray, rng: random.Random) -> bytearray:
    size = rng.choice((8, 64, 512))
    first, second = (rng.randrange(max(1, len(content) - size)) for _ in range(2))
    content[first : first + size], content[second : second + size] = (
        content[second : second + size],
        content[first : first + size],
    )
    return content


def _repeated(content: bytearray, rng: random.Random) -> bytearray:
    place = _run(content, rng)
    return content[: place.start] + content[place] * 2 + content[place.stop :]


def damaged_json(value: Any, rng: random.Random) -> tuple[Any, str]:
    """A copy in which one to three places are other than they should be, and the last of the places."""
    where = ""
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        places = list(_places(value, ()))
        path = rng.choice(places)
        value, what = _changed(value, path, places, rng)
        where = f"{'.'.join(map(str, path)) or '(all)'} {what}"
    return value, where


def _places(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from _places(item, (*path, key))


def _changed(value: Any, path: tuple[Any, ...], places: list[tuple[Any, ...]], rng: random.Random) -> tuple[Any, str]:
    if not path:
        return rng.choice((None, [], {}, "model", 3, [value])), "replaced"
    holder = _at(value, path[:-1])
    key = path[-1]
    action = rng.choice(("replace", "replace", "replace", "number", "remove", "rename", "swap", "double", "deepen"))
    if action == "remove":
        del holder[key]
    elif action == "rename" and isinstance(holder, dict):
        holder[rng.choice((f"{key}_", "", "name", "config", "class_name", LONG_TEXT))] = holder.pop(key)
    elif action == "swap":
        holder[key] = _at(value, rng.choice(places)) if rng.random() < 0.3 else _copy(_at(value, rng.choice(places)))
        if _holds_itself(value, ()):
            holder[key] = None
    elif action == "double" and isinstance(holder, list):
        holder.insert(rng.randrange(len(holder) + 1), holder[key])
    elif action == "deepen":
        for _ in range(rng.choice((1, 3, 120))):
            holder[key] = rng.choice(([holder[key]], {"config": holder[key]}))
    elif action == "number" and isinstance(holder[key], int | float):
        holder[key] = rng.choice((-1, 0, holder[key] * 1000, holder[key] + 1, 2**31, 2**63, 1e308, 0.5, -holder[key]))
    else:
        holder[key] = odd_value(rng)
    return value, action


def _at(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list) else value


def _holds_itself(value: Any, above: tuple[int, ...]) -> bool:
    if id(value) in above:
        return True
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(_holds_itself(item, (*above, id(value))) for item in items)


def odd_value(rng: random.Random) -> Any:
    """Something of another type or size than any reader expects."""
    values: tuple[Any, ...] = (
        None,
        True,
        -1,
        0,
        1.5,
        10**6,
        2**31,
        10**30,
        1e308,
        float("nan"),
        float("inf"),
        "",
        "x",
        "../../x",
        "\0",
        "ü" * 10,
        LONG_TEXT,
        [],
        [[]],
        [None, -1],
        [[["x", 0, 0, {}]]],
        {},
        {"class_name": "Dense"},
        {"class_name": None, "config": None},
        {"config": {"name": 3}},
        {"value": [1, 2]},
    )
    return _copy(rng.choice(values))
