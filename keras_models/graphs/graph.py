"""A serialized Keras model as one flat graph of calls (`ModelGraph`), without TensorFlow.

Both Kerases, nested models, shared layers and operators come out the same way; `keras_models/graphs` holds what
differs. `keras_models/graphs/config_access.py` writes changes back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from edgeprune.contracts.errors import ModelError
from edgeprune.contracts.model import LayerSpec, ModelGraph, Node, Shape, TensorRef, WeightSpec
from edgeprune.keras_models.graphs.calls import Signature, TensorSource, replace_sources, signature
from edgeprune.keras_models.graphs.functional import (
    Item,
    is_functional,
    is_model,
    layer_name,
    read_functional,
    sequential_items,
    sources,
)
from edgeprune.keras_models.graphs.native_names import vocabulary_entry
from edgeprune.keras_models.shapes import infer_shapes
from edgeprune.keras_models.shapes.operations import split_sizes
from edgeprune.keras_models.shapes.rules import LayerCall
from edgeprune.keras_models.vocabulary import REQUIRED

Weights = Mapping[str, tuple[WeightSpec, ...]]


def build_graph(config: Mapping[str, Any], keras_major: int, weights: Weights | None = None) -> ModelGraph:
    """The graph of a model from its serialized config, `{"class_name": ..., "config": {...}}`.

    `weights` gives each layer's weights by path. Takes time near-linear in the number of calls. Raises ModelError
    for a model without a graph (a subclassed one) and for edges that lead nowhere.
    """
    if not is_model(config):
        raise ModelError(
            f"the model's class {config.get('class_name')!r} is subclassed: its layers are called by Python code, "
            "and the file holds no graph of them",
            hint="rebuild it as a functional model, keras.Model(inputs, outputs), and save that",
        )
    reader = GraphReader(keras_major, weights or {})
    try:
        return reader.finish(reader.read_model(config, "", None))
    except (KeyError, IndexError, TypeError) as error:
        raise ModelError(
            f"the model's config is damaged, its layers cannot be connected ({type(error).__name__}: {error})",
            hint="save the model again with the Keras that made it",
        ) from error


def graph_of_inner_model(
    item: Item, prefix: str, shape: Shape, keras_major: int, weights: Weights | None = None
) -> ModelGraph:
    """The graph of a model inside a wrapper (TimeDistributed), fed with one tensor of `shape`; paths get `prefix`."""
    reader = GraphReader(keras_major, weights or {})
    source = {"class_name": "InputLayer", "config": {"name": "fed", "batch_shape": shape}}
    fed = TensorRef(reader.add_node(source, "", (), {}, 0))
    return reader.finish(reader.read_model(item, prefix, fed))


@dataclass
class GraphReader:
    """Collects layers and nodes while it walks through a config and the models nested in it."""

    keras_major: int
    weights: Weights = field(default_factory=dict)
    layers: dict[str, LayerSpec] = field(default_factory=dict)
    nodes: list[Node] = field(default_factory=list)
    inputs: list[TensorRef] = field(default_factory=list)
    nested_inputs: dict[str, Shape | None] = field(default_factory=dict)
    """Shapes of what is fed to nested models, by the path of the model and of its input layer."""

    def read_model(self, item: Item, prefix: str, fed: Any) -> list[TensorRef]:
        """Add one run of a model; `fed` is the structure of tensors given to it, None for the outermost."""
        if prefix and fed is not None:
            self.nested_inputs[prefix.removesuffix("/")] = self._shape(_references(fed)[0])
        if is_functional(item):
            return self._read_functional(item["config"], prefix, fed)
        return self._read_sequential(item["config"], prefix, fed)

    def finish(self, outputs: Sequence[TensorRef]) -> ModelGraph:
        """The graph; a node with an unknown number of outputs gets as many as are used.

        Raises ModelError where an output is used that the layer does not give.
        """
        used: dict[int, int] = {}
        for ref in (*outputs, *(ref for node in self.nodes for ref in node.inputs)):
            used[ref.node] = max(used.get(ref.node, 0), ref.output + 1)
        for index, count in used.items():
            node = self.nodes[index]
            missing = count - len(node.output_shapes)
            if missing > 0 and node.output_shapes != (None,):
                raise ModelError(
                    f"layer {node.layer!r} gives {len(node.output_shapes)} outputs, and output {count - 1} is used",
                    hint="the model's config is damaged; save the model again",
                )
            if missing > 0:
                self.nodes[index] = replace(node, output_shapes=node.output_shapes + (None,) * missing)
        return ModelGraph(
            keras_major=self.keras_major,
            layers=self.layers,
            nodes=tuple(self.nodes),
            inputs=tuple(self.inputs),
            outputs=tuple(outputs),
        )

    def _read_functional(self, config: Mapping[str, Any], prefix: str, fed: Any) -> list[TensorRef]:
        given = _match_inputs(config, fed)
        calls, outputs = read_functional(config)
        self._register(config["layers"], prefix)
        made: dict[tuple[str, int], int | list[TensorRef]] = {}

        def resolve(source: TensorSource) -> TensorRef:
            entry = made[source.layer, source.call]
            return TensorRef(entry, source.tensor) if isinstance(entry, int) else entry[source.tensor]

        for placed in calls:
            path = prefix + layer_name(placed.item)
            if placed.call is None:
                made[placed.made] = [self._input(placed.item, path, given.get(layer_name(placed.item)))]
            elif is_model(placed.item):
                fed_here = replace_sources(placed.call.fed, resolve)
                made[placed.made] = self.read_model(placed.item, path + "/", fed_here)
            else:
                inputs = tuple(map(resolve, placed.call.inputs))
                arguments = replace_sources(placed.call.arguments, resolve)
                made[placed.made] = self.add_node(placed.item, path, inputs, arguments, placed.index)
        if not prefix:
            self.inputs = [resolve(source) for source in sources(config["input_layers"])]
        return [resolve(source) for source in outputs]

    def _read_sequential(self, config: Any, prefix: str, fed: Any) -> list[TensorRef]:
        items = sequential_items(config)
        current = _references(fed)
        if not current and items and items[0]["class_name"] != "InputLayer" and not is_model(items[0]):
            current = [self._implied_input(config, items[0], prefix)]
        for item in items:
            path = prefix + layer_name(item)
            if item["class_name"] == "InputLayer":
                current = [self._input(item, path, current[0] if current else None)]
            elif is_model(item):
                current = self.read_model(item, path + "/", current or None)
            else:
                if prefix and "batch_input_shape" in item["config"]:
                    self.nested_inputs[path] = self._shape(current[0])
                index = self.add_node(item, path, tuple(current), {}, 0)
                current = [TensorRef(index, output) for output in range(len(self.nodes[index].output_shapes))]
        return current

    def _implied_input(self, config: Any, first: Item, prefix: str) -> TensorRef:
        """A Sequential model may give its input's shape in its first layer, or know it only since it was built."""
        shape = first["config"].get("batch_input_shape")
        if shape is None and isinstance(config, Mapping):
            shape = config.get("build_input_shape")
        # The name that Keras 2 itself gives to the input layer it makes in this case.
        name = layer_name(first) + "_input"
        item = {"class_name": "InputLayer", "config": {"name": name, "batch_input_shape": shape}}
        return self._input(item, prefix + name, None)

    def _input(self, item: Item, path: str, given: TensorRef | None) -> TensorRef:
        """An input layer: a node of the outermost model, only another name for what a nested one is fed."""
        if given is not None:
            self._add_layer(item, path)
            self.nested_inputs[path] = self._shape(given)
            return given
        reference = TensorRef(self.add_node(item, path, (), {}, 0))
        self.inputs.append(reference)
        return reference

    def _shape(self, reference: TensorRef) -> Shape | None:
        shapes = self.nodes[reference.node].output_shapes
        return shapes[reference.output] if reference.output < len(shapes) else None

    def _register(self, items: Sequence[Item], prefix: str) -> None:
        """List the layers in the order of the file, which the order of their calls need not be."""
        for item in items:
            path = prefix + layer_name(item)
            if is_model(item):
                inner = item["config"]["layers"] if is_functional(item) else sequential_items(item["config"])
                self._register(inner, path + "/")
            else:
                self._add_layer(item, path)

    def _add_layer(self, item: Item, path: str) -> LayerSpec:
        if path not in self.layers:
            config = item["config"]
            self.layers[path] = LayerSpec(
                path=path,
                kind=item["class_name"],
                config=config,
                weights=self.weights.get(path, ()),
                trainable=bool(config.get("trainable", True)),
            )
        return self.layers[path]

    def add_node(
        self, item: Item, path: str, inputs: tuple[TensorRef, ...], arguments: Mapping[str, Any], call: int
    ) -> int:
        """Add one call of a layer or operation; returns the node's index."""
        layer = self._add_layer(item, path)
        called = signature(item)
        input_shapes = tuple(map(self._shape, inputs))
        if called.is_operation:
            arguments = _common_arguments(called, arguments, input_shapes)
        shape_call = LayerCall(
            kind=called.kind,
            config=layer.config,
            inputs=input_shapes,
            arguments=arguments,
            is_operation=called.is_operation,
            keras_major=self.keras_major,
        )
        node = Node(
            index=len(self.nodes),
            layer=path,
            kind=called.kind,
            inputs=inputs,
            arguments=arguments,
            output_shapes=_output_shapes(shape_call),
            is_operation=called.is_operation,
            call=call,
        )
        self.nodes.append(node)
        return node.index


def _output_shapes(call: LayerCall) -> tuple[Shape | None, ...]:
    """A model that is called at each time step needs its graph; every other call has a rule of its own."""
    is_known = call.kind == "TimeDistributed" and bool(call.inputs) and call.inputs[0] is not None
    if not is_known or not is_model(call.config["layer"]):
        return infer_shapes(call)
    batch, steps, *rest = call.shape
    inner = graph_of_inner_model(call.config["layer"], "layer/", (batch, *rest), call.keras_major)
    made = inner.shape(inner.outputs[0])
    return (None if made is None else (batch, steps, *made[1:]),)


def _common_arguments(
    called: Signature, arguments: Mapping[str, Any], shapes: tuple[Shape | None, ...]
) -> Mapping[str, Any]:
    """Fill in the defaults of the vocabulary, and the lengths of a Split's parts."""
    known = {k: v for k, v in vocabulary_entry(called.kind).arguments.items() if v is not None and v != REQUIRED}
    complete = known | dict(arguments)
    if called.kind == "Split":
        complete["sizes"] = split_sizes(complete["sizes"], complete["axis"], shapes[0])
    return complete


def _references(fed: Any) -> list[TensorRef]:
    """The tensors of a structure, those of a dict by sorted key."""
    if isinstance(fed, TensorRef):
        return [fed]
    if isinstance(fed, Mapping):
        return [reference for key in sorted(fed) for reference in _references(fed[key])]
    parts = fed if isinstance(fed, list | tuple) else ()  # an optional input may be fed nothing
    return [reference for part in parts for reference in _references(part)]


def _match_inputs(config: Mapping[str, Any], fed: Any) -> dict[str, TensorRef]:
    """Which tensor goes to which input layer of a nested model; a dict may name the layers or the model's own keys."""
    names = [source.layer for source in sources(config["input_layers"])]
    if isinstance(fed, Mapping) and set(names) <= set(fed):
        return {name: _references(fed[name])[0] for name in names}
    return dict(zip(names, _references(fed), strict=False))
