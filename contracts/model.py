"""A Keras model as plain data: layers with their weights, and the graph of their calls.

Both Kerases, and all three file formats, are brought to this one form. Nested models are flattened
into paths (`backbone/conv1`); a layer that is called twice is one `LayerSpec` and two `Node`s.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Shape = tuple[int | None, ...]
"""Lengths of the axes, the batch axis first; None where the length is known only at run time."""

WeightKey = tuple[str, str]
"""(layer path, weight name): which weight of which layer."""


@dataclass(frozen=True, kw_only=True)
class WeightSpec:
    """One weight array of a layer.

    `name` is relative to the layer, in Keras's own words: `kernel`, `bias`, `gamma`,
    `forward_layer/recurrent_kernel`. Seed states and other counters are not weights and not listed.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    trainable: bool = True

    @property
    def size(self) -> int:
        """How many numbers the array holds."""
        size = 1
        for length in self.shape:
            size *= length
        return size

    @property
    def is_kernel(self) -> bool:
        """Whether this is a kernel (depthwise, pointwise and recurrent ones too): what is pruned by default."""
        return self.name.rsplit("/", 1)[-1].endswith("kernel")


@dataclass(frozen=True, kw_only=True)
class LayerSpec:
    """One layer: `kind` is its Keras class name, `config` its own configuration as Keras wrote it."""

    path: str
    kind: str
    config: Mapping[str, Any] = field(default_factory=dict)
    weights: tuple[WeightSpec, ...] = ()
    trainable: bool = True


@dataclass(frozen=True)
class TensorRef:
    """One output tensor of one node: the node's index in `ModelGraph.nodes`, and which of its outputs."""

    node: int
    output: int = 0


@dataclass(frozen=True, kw_only=True)
class Node:
    """One call of a layer or of an operation, in topological order.

    `kind` is the layer's class name; operations (`a + b`, `keras.ops.reshape`, `tf.nn.relu`) bear one
    common name whichever Keras wrote them: `Add`, `Multiply`, `Reshape`, `GetItem`, `ReLU`, …
    `inputs` are the tensors in call order; `arguments` are the call's other arguments, by name, as plain values
    (`keras_models/vocabulary.py` has the table of kinds and their arguments).
    `output_shapes` has one shape for each output; None where it cannot be inferred.
    `is_operation` tells an operation from the layer of the same name; `call` is its place among the layer's
    calls in the file.
    """

    index: int
    layer: str
    kind: str
    inputs: tuple[TensorRef, ...]
    arguments: Mapping[str, Any] = field(default_factory=dict)
    output_shapes: tuple[Shape | None, ...] = (None,)
    is_operation: bool = False
    call: int = 0


@dataclass(frozen=True, kw_only=True)
class ModelGraph:
    """The whole model. `layers` is in the order of the file; every node's inputs come before it."""

    keras_major: int
    layers: Mapping[str, LayerSpec]
    nodes: tuple[Node, ...]
    inputs: tuple[TensorRef, ...]
    outputs: tuple[TensorRef, ...]

    def shape(self, tensor: TensorRef) -> Shape | None:
        """Shape of a tensor, the batch axis first."""
        return self.nodes[tensor.node].output_shapes[tensor.output]


@dataclass(frozen=True, kw_only=True)
class Port:
    """One input or output of a model: `shape` is without the batch axis."""

    name: str
    shape: Shape
    dtype: str = "float32"
    activation: str | None = None
    """Outputs only: the last activation (`softmax`, `sigmoid`, `linear`, …), None where unknown."""


@dataclass(frozen=True, kw_only=True)
class Interface:
    """What a model takes and gives, as far as data and exports need to know."""

    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    scales_itself: bool = False
    """Whether the first layers rescale or normalise raw values (Rescaling, Normalization)."""
    loss: Any = None
    """The loss compiled into the file, as Keras wrote it: a name, a config, or a list or dict of these."""
