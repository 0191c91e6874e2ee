"""Damage to a model's config: one seeded change of any kind at any place."""

import copy
import random
from collections.abc import Callable
from typing import Any

ODD_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2, 3, 7, 10**9, 2**31, 2**63, 10**40, -(10**9)),
    *(0.5, -0.0, 1e308, float("inf"), float("nan")),
    *("", "abc", "valid", "same", "channels_first", "channels_last", "\ud800", "a/b", "x" * 5000),
    *([], {}, [[]], [None], [0, 0], [1, 2, 3, 4, 5], [-1, -1], [10**9, 10**9], [[[[[[[[[1]]]]]]]]]),
    *(["abc", 0, 0], ["abc", "b", "c"], [[["abc", 0, 0, {}]]], ["_CONSTANT_VALUE", -1, 3.0, {}]),
    *({"class_name": "Dense"}, {"class_name": None, "config": {}}, {"class_name": "Dense", "config": {"units": 3}}),
    *({"class_name": "Dense", "config": []}, {"config": {}}, {"layers": [], "input_layers": []}),
    {"class_name": "__keras_tensor__", "config": {"keras_history": [1, 2, 3]}},
    {"class_name": "__tuple__", "items": [1]},
)
Holder = dict[str, Any] | list[Any]


def mutated(config: Any, rng: random.Random) -> Any:
    """A copy of a config with one to three changes."""
    changed = copy.deepcopy(config)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        places = [(holder, key) for holder in _holders(changed) for key in _keys(holder)]
        if not places:
            return changed
        change = rng.choice(_CHANGES)
        change(places, rng)
        if change is _wrap:
            break  # copies of what is nested deep fill Python's stack
    return changed


def _keys(holder: Holder) -> list[Any]:
    return list(holder) if isinstance(holder, dict) else list(range(len(holder)))


def _holders(value: Any) -> list[Holder]:
    found: list[Holder] = []
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict | list):
            found.append(one)
            waiting += one.values() if isinstance(one, dict) else one
    return found


Places = list[tuple[Any, Any]]


def _set(places: Places, rng: random.Random) -> None:
    holder, key = rng.choice(places)
    holder[key] = copy.deepcopy(rng.choice(ODD_VALUES))


def _set_where_numbers_are(places: Places, rng: random.Random) -> None:
    """Numbers and flags are where sizes come from."""
    numbers = [place for place in places if isinstance(place[0][place[1]], int | float)]
    _set(numbers or places, rng)


def _drop(places: Places, rng: random.Random) -> None:
    holder, key = rng.choice(places)
    del holder[key]


def _rename(places: Places, rng: random.Random) -> None:
    keyed = [place for place in places if isinstance(place[0], dict)]
    holder, key = rng.choice(keyed or places)
    if isinstance(holder, dict):
        holder[rng.choice([f"{key}_", "class_name", "config", "layers", "name", "inbound_nodes"])] = holder.pop(key)


def _swap(places: Places, rng: random.Random) -> None:
    """Copies, as one value inside the other would make a circle of the objects themselves."""
    (holder, key), (other, other_key) = rng.choice(places), rng.choice(places)
    first, second = copy.deepcopy(holder[key]), copy.deepcopy(other[other_key])
    holder[key], other[other_key] = second, first


def _swap_names(places: Places, rng: random.Random) -> None:
    """Text for other text of the same config: edges to other layers, so circles, and classes of other layers."""
    texts = [place for place in places if isinstance(place[0][place[1]], str)]
    if texts:
        (holder, key), (other, other_key) = rng.choice(texts), rng.choice(texts)
        holder[key] = other[other_key]


def _repeat(places: Places, rng: random.Random) -> None:
    listed = [place for place in places if isinstance(place[0], list)]
    if listed:
        holder, key = rng.choice(listed)
        holder.insert(rng.randrange(len(holder) + 1), copy.deepcopy(holder[key]))


def _reverse(places: Places, rng: random.Random) -> None:
    lists = [holder[key] for holder, key in places if isinstance(holder[key], list)]
    if lists:
        rng.choice(lists).reverse()


def _wrap(places: Places, rng: random.Random) -> None:
    holder, key = rng.choice(places)
    for _ in range(rng.choice((1, 2, 30))):
        holder[key] = [holder[key]] if rng.random() < 0.5 else {"config": holder[key]}


_CHANGES: tuple[Callable[[Places, random.Random], None], ...] = (
    *(_set, _set, _set, _set_where_numbers_are, _set_where_numbers_are, _set_where_numbers_are),
    *(_drop, _rename, _swap, _swap_names, _swap_names, _repeat, _reverse, _wrap),
)
