"""From coupled ids to units, and from units with the same members to groups."""

from collections import Counter

import numpy as np
import numpy.typing as npt

from edgeprune.contracts.channels import ChannelGraph, ChannelGroup, Ids, TensorAxis
from edgeprune.pruning.channels.ledger import Ledger

_FREE = -1
_Pairs = tuple[Ids, Ids]
"""Two arrays of one length: units, and for each the number of something that it has; no pair occurs twice."""


def group_channels(ledger: Ledger, tensor_axes: tuple[TensorAxis, ...]) -> ChannelGraph:
    """Read a finished ledger: connected ids are one unit; units with the same members and the same fate, one group."""
    unit_of = units(ledger)
    axes = [axis for axis in ledger.weight_axes.values() if axis is not None and len(removable(axis.channels))]
    members = _pairs([unit_of[removable(ids)] for ids in [*(axis.channels for axis in axes), *ledger.parts]])
    consumers = _pairs([unit_of[removable(axis.channels)] for axis in axes if axis.consumes])
    producers = _producers(ledger, unit_of)
    reasons, why = _frozen(ledger, unit_of)
    exact = _exact(ledger, unit_of)
    group_of, first = _same(_signatures(members, why, exact))
    made_by = _layers(group_of, producers, [layer for _, layer in ledger.producers])
    read_by = _layers(group_of, consumers, [axis.weight[0] for axis in axes if axis.consumes])
    names = _names(made_by)
    sizes = np.bincount(group_of, minlength=len(first))
    groups = tuple(
        ChannelGroup(
            name=names[group],
            producers=made_by[group],
            consumers=read_by[group],
            units=int(sizes[group]),
            frozen=None if why[unit] == _FREE else reasons[why[unit]],
            exact=bool(exact[unit]),
        )
        for group, unit in enumerate(first)
    )
    return ChannelGraph(
        unit_of=unit_of,
        group_of=group_of,
        groups=groups,
        weight_axes=tuple(axes),
        tensor_axes=tuple(axis for axis in tensor_axes if len(removable(axis.channels))),
        edits=tuple(edit for edit in ledger.edits.values() if len(removable(edit.channels))),
        unread=dict(ledger.unread),
    )


def removable(ids: Ids) -> Ids:
    """The ids of an array, without what is no channel."""
    return ids[ids >= 0]


def units(ledger: Ledger) -> Ids:
    """The unit of each id: connected components of the coupling, numbered in the order of their first ids."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if not ledger.size:
        return np.zeros(0, dtype=np.int64)
    first = np.concatenate([np.zeros(0, dtype=np.int64), *(edge[0] for edge in ledger.edges)])
    second = np.concatenate([np.zeros(0, dtype=np.int64), *(edge[1] for edge in ledger.edges)])
    both = (first >= 0) & (second >= 0)
    links = coo_array((np.ones(int(both.sum()), dtype=bool), (first[both], second[both])), shape=(ledger.size,) * 2)
    _, labels = connected_components(links, directed=False)
    return _same(labels.astype(np.int64))[0]


def _pairs(units_by_member: list[Ids]) -> _Pairs:
    """The relation unit to member, from each member's units (with repeats)."""
    if not units_by_member:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    unique = [np.unique(units) for units in units_by_member]
    return np.concatenate(unique), np.repeat(np.arange(len(unique)), [len(units) for units in unique])


def _producers(ledger: Ledger, unit_of: Ids) -> _Pairs:
    """The relation unit to producer; ids were handed out producer by producer."""
    starts = [start for start, _ in ledger.producers]
    return _pairs(np.split(unit_of, starts[1:]) if starts else [])


def _frozen(ledger: Ledger, unit_of: Ids) -> tuple[list[str], Ids]:
    """All reasons, and for each unit the index of the first that holds for it (_FREE where none does).

    What no weight reads is frozen too: either it is not used, or the file does not say by what.
    """
    reasons = [*dict.fromkeys(reason for _, reason in ledger.frozen), "no layer reads these channels"]
    index = {reason: i for i, reason in enumerate(reasons)}
    why = np.full(unit_of.max(initial=-1) + 1, len(reasons) - 1, dtype=np.int64)
    for axis in ledger.weight_axes.values():
        if axis is not None and axis.consumes:
            why[unit_of[removable(axis.channels)]] = _FREE
    for ids, reason in reversed(ledger.frozen):
        why[unit_of[removable(ids)]] = index[reason]
    return reasons, why


def free_units(ledger: Ledger, unit_of: Ids) -> npt.NDArray[np.bool_]:
    """Which units nothing freezes."""
    free: npt.NDArray[np.bool_] = _frozen(ledger, unit_of)[1] == _FREE
    return free


def _exact(ledger: Ledger, unit_of: Ids) -> npt.NDArray[np.bool_]:
    exact = np.ones(unit_of.max(initial=-1) + 1, dtype=bool)
    for ids in ledger.inexact:
        exact[unit_of[removable(ids)]] = False
    return exact


def _signatures(members: _Pairs, why: Ids, exact: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint64]:
    """One number for each unit, equal for equal sets of members: the sum of a random 64-bit number for each member."""
    numbers = np.random.default_rng(0).integers(0, 2**64, size=int(members[1].max(initial=0)) + 1, dtype=np.uint64)
    signatures = np.zeros(len(why), dtype=np.uint64)
    np.add.at(signatures, members[0], numbers[members[1]])
    return signatures * np.uint64(0x9E3779B97F4A7C15) + ((why + 1) * 2 + exact).astype(np.uint64)


def _same(values: npt.NDArray[np.integer]) -> tuple[Ids, Ids]:
    """Number equal values alike, in the order of their first occurrence; and where each first occurs."""
    _, first, inverse = np.unique(values, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return rank[inverse].astype(np.int64), first[order]


def _layers(group_of: Ids, pairs: _Pairs, layers: list[str]) -> list[tuple[str, ...]]:
    """For each group, the layers that its units are related to, each once and in the order of the model."""
    found: list[dict[str, None]] = [{} for _ in range(int(group_of.max(initial=-1)) + 1)]
    if layers:
        for code in np.unique(group_of[pairs[0]] * len(layers) + pairs[1]).tolist():
            found[code // len(layers)][layers[code % len(layers)]] = None
    return [tuple(names) for names in found]


def _names(made_by: list[tuple[str, ...]]) -> list[str]:
    """A name for each group: its first producer, numbered where one layer begins several groups."""
    seen: Counter[str] = Counter()
    names = []
    for layers in made_by:
        seen[layers[0]] += 1
        names.append(layers[0] if seen[layers[0]] == 1 else f"{layers[0]}#{seen[layers[0]]}")
    return names
