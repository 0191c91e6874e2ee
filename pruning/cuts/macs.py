"""Multiply-accumulates of a cut, from counts of what stays: fast enough to be asked at each step of a search."""

from collections.abc import Sequence

import numpy as np

from edgeprune.contracts.channels import NO_CHANNEL, ChannelGraph, Ids, MacTerm
from edgeprune.contracts.model import ModelGraph, WeightKey
from edgeprune.pruning.cuts.unit_choice import Kept


class MacCount:
    """Counts MACs for one example, given the units that stay."""

    def __init__(self, model: ModelGraph, graph: ChannelGraph, terms: Sequence[MacTerm]) -> None:
        self._constant = sum(term.coefficient for term in terms if term.weight is None)
        weighted = [(term, term.weight) for term in terms if term.weight is not None]
        self._coefficients = [term.coefficient for term, _ in weighted]
        channels = {(axis.weight, axis.axis): axis.channels for axis in graph.weight_axes}
        rows: dict[tuple[WeightKey, int], int] = {}
        self._factors = [[rows.setdefault((key, axis), len(rows)) for axis in term.axes] for term, key in weighted]
        shapes = {(layer.path, w.name): w.shape for layer in model.layers.values() for w in layer.weights}
        self._fixed = np.array([shapes[key][axis] for key, axis in rows], dtype=np.int64)
        units, places = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        for place, which in enumerate(rows):
            if which in channels:
                found: Ids = channels[which][channels[which] != NO_CHANNEL]
                units.append(graph.unit_of[found])
                places.append(np.full(len(found), place))
                self._fixed[place] -= len(found)
        self._units, self._places = np.concatenate(units), np.concatenate(places)

    def __call__(self, kept: Kept) -> int:
        """MACs where `kept[unit]` says which units stay."""
        lengths = self._fixed + np.bincount(self._places[kept[self._units]], minlength=len(self._fixed))
        total = self._constant
        for coefficient, factors in zip(self._coefficients, self._factors, strict=True):
            product = coefficient
            for factor in factors:
                product *= int(lengths[factor])
            total += product
        return total
