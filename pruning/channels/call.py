"""One call of a layer as a rule sees it: what goes in, what is known of the layer, and where to write down findings."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from edgeprune.contracts.channels import NO_CHANNEL, CountEdit, Ids, WeightAxis
from edgeprune.contracts.model import Node, Shape
from edgeprune.pruning.channels.activations import effect_of
from edgeprune.pruning.channels.ledger import Axes, Ledger, NotUnderstoodError


class Stated(dict[str, Any]):
    """A config, or a call's arguments: what a rule needs and does not find there makes the call not understood."""

    def __missing__(self, key: str) -> Any:
        raise NotUnderstoodError(f"it does not state {key!r}")


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call: of each input that holds channels, its channels and shape, with the batch axis first.

    `weights` are shapes by name. `inside` leads from the layer's config to that of a wrapped layer, as `prefix` does
    for the names of weights. `readers` are the nodes that read an output.
    """

    ledger: Ledger
    layer: str
    kind: str
    node: int
    config: Mapping[str, Any]
    arguments: Mapping[str, Any]
    weights: Mapping[str, Any]
    inputs: tuple[Axes, ...]
    shapes: tuple[Shape, ...]
    output_shapes: tuple[Shape | None, ...]
    readers: tuple[Node, ...] = ()
    prefix: str = ""
    inside: tuple[int | str, ...] = ()

    @property
    def title(self) -> str:
        """How reasons name this call."""
        return f"{self.kind} {self.layer!r}"

    @property
    def rank(self) -> int:
        return len(self.shapes[0])

    @property
    def channel_axis(self) -> int:
        """The axis that `data_format` says holds the channels."""
        return 1 if self.config.get("data_format") == "channels_first" else self.rank - 1

    def axes_of(self, setting: Any) -> list[int]:
        """An `axis` setting (a number, several, or None for all), counted from the start of the first input."""
        if setting is None:
            return list(range(self.rank))
        axes = [setting] if isinstance(setting, int) else list(setting)
        if not all(isinstance(axis, int) for axis in axes):
            raise NotUnderstoodError(f"axis {setting!r}")
        return [axis % self.rank for axis in axes]

    def axis_of(self, setting: Any) -> int:
        """A setting that must name a single axis."""
        if setting is None or len(axes := self.axes_of(setting)) != 1:
            raise NotUnderstoodError(f"axis {setting!r}")
        return axes[0]

    def only(self, axis: int, what: str) -> Ids | None:
        """The first input's channels along one axis; channels along any other but the batch axis are frozen."""
        for other, ids in self.inputs[0].items():
            if other != axis:
                self.freeze(ids, f"{what} by {self.title}")
        return self.inputs[0].get(axis)

    def fresh(self, tag: str, count: int) -> Ids:
        """Ids for `count` new channels of this layer; `tag` tells its several kinds apart."""
        return self.ledger.fresh(self.layer, self.prefix + tag, count)

    def couple(self, first: Ids, second: Ids) -> None:
        """These go together, index by index."""
        self.ledger.couple(first, second, f"joined by {self.title} with values that cannot be removed")

    def couple_rows(self, ids: Ids, rows: int) -> Ids:
        """Cut into `rows` equal rows, index j of each goes together, so that rows stay equally long. Gives row 0."""
        if rows < 1 or len(ids) % rows:
            raise NotUnderstoodError(f"{len(ids)} channels in {rows} equal parts")
        table = ids.reshape(rows, -1)
        first = np.broadcast_to(table[0], (rows - 1, table.shape[1])).reshape(-1)
        self.couple(first, table[1:].reshape(-1))
        row: Ids = table[0]
        return row

    def choose(self, options: int, ids: Ids) -> int:
        """Which of several equally good ways these ids are read by this call (see choices.py)."""
        self.ledger.options[self.node] = options, ids
        return self.ledger.choices.get(self.node, options - 1)

    def freeze(self, ids: Ids | None, reason: str) -> None:
        self.ledger.freeze(ids, reason)

    def inexact(self, ids: Ids | None) -> None:
        """What is computed for one of these depends on all of them."""
        if ids is not None:
            self.ledger.inexact.append(ids)

    def weight(self, name: str, axis: int, ids: Ids | None, *, consumes: bool = False) -> None:
        """Axis of a weight that lies along these channels; nothing where the layer has no such weight."""
        shape = self.weights.get(name)
        if shape is None:
            return
        axis %= len(shape)
        if ids is not None and len(ids) != shape[axis]:
            raise NotUnderstoodError(f"axis {axis} of {name} has {shape[axis]} indices for {len(ids)} channels")
        key = (self.layer, self.prefix + name)
        found = None if ids is None else WeightAxis(weight=key, axis=axis, channels=ids, consumes=consumes)
        self.ledger.weight(key, axis, found)

    def expect_weights(self, *names: str) -> None:
        """A layer with weights that the rule does not know (adapters, quantisation scales) is not understood."""
        unknown = sorted(set(self.weights) - set(names))
        if unknown:
            raise NotUnderstoodError(f"it has the weights {', '.join(unknown)}")

    def edit(self, key: str, ids: Ids, position: tuple[int | str, ...] = ()) -> None:
        """A number of the layer's config that counts these channels."""
        place = (*self.inside, key, *position)
        self.ledger.edit(CountEdit(layer=self.layer, key=str(place[0]), channels=ids, position=place[1:]))

    def edit_argument(self, key: str, ids: Ids, position: tuple[int | str, ...] = ()) -> None:
        """A number in the arguments of this very call counts these channels."""
        self.ledger.edit(CountEdit(layer=self.layer, key=key, channels=ids, node=self.node, position=position))

    def setting(self, key: str, default: Any = None) -> Any:
        """What an operation has among its arguments and a layer in its config."""
        return self.arguments[key] if key in self.arguments else self.config.get(key, default)

    def activation(self, ids: Ids, key: str = "activation") -> None:
        """Account for the activation function in the layer's config, which acts along these (last) channels."""
        effect = effect_of(self.config.get(key))
        if effect == "normalises":
            self.inexact(ids)
        elif effect == "unknown":
            raise NotUnderstoodError("its activation function may mix channels")

    def wrapped(self, key: str, **changes: Any) -> "Call":
        """The call of the layer that this layer wraps under `key` of its config, with its weights under `key/`."""
        inner = self.config[key]
        prefix = f"{changes.pop('prefix', key)}/"
        weights = {name[len(prefix) :]: shape for name, shape in self.weights.items() if name.startswith(prefix)}
        return replace(
            self,
            kind=inner["class_name"],
            config=Stated(inner["config"]),
            weights=Stated(weights),
            prefix=self.prefix + prefix,
            inside=(*self.inside, key, "config"),
            **changes,
        )


def none_removable(count: int) -> Ids:
    """An id array in which no index can be removed."""
    return np.full(count, NO_CHANNEL, dtype=np.int64)
