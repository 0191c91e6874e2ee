"""What the rules find out about a model, kept as flat lists of id arrays until grouping.py reads them."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from edgeprune.contracts.channels import NO_CHANNEL, CountEdit, Ids, WeightAxis
from edgeprune.contracts.model import WeightKey

Axes = dict[int, Ids]
"""Axis of a tensor to the channels along it; an axis that is not listed has none that could be removed."""

_EditKey = tuple[str, int | None, tuple[int | str, ...]]


class NotUnderstoodError(Exception):
    """A rule cannot follow the channels through this call; the message completes "not understood: …"."""


@dataclass
class Ledger:
    """All ids handed out so far, and everything known about them."""

    choices: Mapping[int, int] = field(default_factory=dict)
    """Which way a node is read that can be read in several; the last, unless said here."""
    options: dict[int, tuple[int, Ids]] = field(default_factory=dict)
    """Nodes that can be read in several ways: in how many, and which ids it is about."""
    size: int = 0
    producers: list[tuple[int, str]] = field(default_factory=list)
    """(first id, layer) of each array of fresh ids, in order."""
    edges: list[tuple[Ids, Ids]] = field(default_factory=list)
    frozen: list[tuple[Ids, str]] = field(default_factory=list)
    inexact: list[Ids] = field(default_factory=list)
    parts: list[Ids] = field(default_factory=list)
    """Results of slices and splits: each needs a channel of its own, so each is a member of its units."""
    weight_axes: dict[tuple[WeightKey, int], WeightAxis | None] = field(default_factory=dict)
    edits: dict[_EditKey, CountEdit] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    """How often each layer is called."""
    unread: dict[str, str] = field(default_factory=dict)
    _fresh: dict[tuple[str, str], Ids] = field(default_factory=dict)
    _edit_calls: Counter[_EditKey] = field(default_factory=Counter)

    def fresh(self, layer: str, tag: str, count: int) -> Ids:
        """New ids for what a layer makes; a second call of the same layer gets the same ids again."""
        known = self._fresh.get((layer, tag))
        if known is None:
            known = np.arange(self.size, self.size + count, dtype=np.int64)
            self._fresh[layer, tag] = known
            self.producers.append((self.size, layer))
            self.size += count
        return known

    def couple(self, first: Ids, second: Ids, reason: str) -> None:
        """Index by index, two channels go together; beside what is no channel, a channel is frozen for `reason`."""
        if first is second:
            return
        if len(first) != len(second):
            raise NotUnderstoodError(f"{len(first)} channels meet {len(second)}")
        self.edges.append((first, second))
        alone = (first == NO_CHANNEL) != (second == NO_CHANNEL)
        if alone.any():
            self.freeze(np.maximum(first, second)[alone], reason)

    def freeze(self, ids: Ids | None, reason: str) -> None:
        """These channels stay, for this reason (the first one given is the one reported)."""
        if ids is not None and len(ids):
            self.frozen.append((ids, reason))

    def weight(self, key: WeightKey, axis: int, found: WeightAxis | None) -> None:
        """What lies along an axis of a weight, if anything; a layer's second call must agree with its first."""
        known = self.weight_axes.setdefault((key, axis), found)
        reason = f"{key[0]!r} is called again on channels that cannot be removed"
        if known is not None and found is not None:
            self.couple(known.channels, found.channels, reason)
        for alone in (known, found):
            if alone is not None and (known is None or found is None):
                self.freeze(alone.channels, reason)

    def edit(self, edit: CountEdit) -> None:
        """A number of a config counts these channels; a layer's second call must agree with its first."""
        key = (edit.layer, edit.node, (edit.key, *edit.position))
        self._edit_calls[key] += 1
        known = self.edits.setdefault(key, edit)
        self.couple(known.channels, edit.channels, f"{edit.key!r} of {edit.layer!r} counts other channels as well")

    def freeze_uneven_edits(self) -> None:
        """A config is one for all calls of a layer: freeze what only some of them count."""
        for key, edit in self.edits.items():
            if edit.node is None and self._edit_calls[key] < self.calls[edit.layer]:
                self.freeze(edit.channels, f"only some calls of {edit.layer!r} have removable channels")

    def freeze_unread(self) -> None:
        """A layer that is not understood in one call makes and scales nothing removable in any."""
        for (layer, _), ids in self._fresh.items():
            if layer in self.unread:
                self.freeze(ids, self.unread[layer])
        for ((layer, _), _), axis in self.weight_axes.items():
            if layer in self.unread and axis is not None:
                self.freeze(axis.channels, self.unread[layer])
