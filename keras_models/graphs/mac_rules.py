"""How many products one call of a layer or operation makes: a rule for each family."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from edgeprune.contracts.model import Shape
from edgeprune.keras_models.shapes.sequences import known_cells
from edgeprune.keras_models.vocabulary import VOCABULARY

Axes = tuple[int, ...]


class UnknownCountError(Exception):
    """A length or a layer is not known, and so no count can be given (never leaves `macs.py`)."""


@dataclass(frozen=True, kw_only=True)
class CountedCall:
    """One call with all that its count depends on."""

    kind: str
    config: Mapping[str, Any]
    inputs: tuple[Shape | None, ...]
    outputs: tuple[Shape | None, ...]
    weights: Mapping[str, tuple[int, ...]]
    arguments: Mapping[str, Any]
    keras_major: int

    def input(self, index: int = 0) -> Shape:
        """Shape of an input; raises UnknownCountError where it is unknown."""
        return _known_shape(self.inputs[index])

    @property
    def output(self) -> Shape:
        """Shape of the first output; raises UnknownCountError where it is unknown."""
        return _known_shape(self.outputs[0])

    def spatial(self, shape: Shape) -> int:
        """Number of positions of an image, without batch and channels."""
        first = self.config.get("data_format") == "channels_first"
        return product(shape[2:] if first else shape[1:-1])


@dataclass(frozen=True)
class Term:
    """`coefficient` times the lengths of `axes` (None: all) of a weight, named as in the layer."""

    coefficient: int
    weight: str | None = None
    axes: Axes | None = None


Rule = Callable[[CountedCall], list[Term]]


def _known_shape(shape: Shape | None) -> Shape:
    if shape is None:
        raise UnknownCountError
    return shape


def product(lengths: Sequence[int | None]) -> int:
    """Product of lengths; raises UnknownCountError where one is unknown."""
    known = [length for length in lengths if length is not None]
    if len(known) < len(lengths):
        raise UnknownCountError
    return prod(known)


def _dense(call: CountedCall) -> list[Term]:
    return [Term(product(call.input()[1:-1]), "kernel")]


def _einsum_dense(call: CountedCall) -> list[Term]:
    """Each axis of the input that the kernel does not have is a position (batch left out)."""
    terms, _ = call.config["equation"].replace(" ", "").split("->")
    given, kernel = terms.split(",")
    front, dots, back = given.partition("...")
    shape = call.input()
    letters = [*front, *("." for _ in range(len(shape) - len(front) - len(back))), *back] if dots else [*given]
    positions = [n for letter, n in zip(letters, shape, strict=True) if letter not in kernel]
    return [Term(product(positions[1:]), "kernel")]


def _windows(*kernels: str) -> Rule:
    def rule(call: CountedCall) -> list[Term]:
        positions = call.spatial(call.output)
        return [Term(positions, name) for name in kernels]

    return rule


def _depthwise(call: CountedCall) -> list[Term]:
    return _windows("depthwise_kernel" if "depthwise_kernel" in call.weights else "kernel")(call)


def _transposed(call: CountedCall) -> list[Term]:
    return [Term(call.spatial(call.input()), "kernel")]


def _locally_connected(call: CountedCall) -> list[Term]:
    if call.config.get("implementation", 1) != 1:
        raise UnknownCountError  # the other implementations store kernels with zeros that are no products
    return [Term(1, "kernel")]


def _recurrent(call: CountedCall) -> list[Term]:
    if call.kind == "RNN" and known_cells(call.config["cell"]) is None:
        raise UnknownCountError
    steps = _steps(call)
    return [Term(steps, name) for name in call.weights if name.endswith("kernel")]


def _steps(call: CountedCall) -> int:
    return product(call.input()[:1] if call.config.get("time_major") else call.input()[1:2])


def _convolutional_recurrent(call: CountedCall) -> list[Term]:
    output = call.output
    image = (output[0], *output[2:]) if call.config.get("return_sequences") else output
    positions = call.spatial(image) * product(call.input()[1:2])
    return [Term(positions, "kernel"), Term(positions, "recurrent_kernel")]


def _embedding(call: CountedCall) -> list[Term]:
    """Looking up is no product; a ReversibleEmbedding used in reverse is one."""
    return [Term(product(call.input()[1:-1]), "embeddings")] if call.arguments.get("reverse") else []


def _multi_head_attention(call: CountedCall) -> list[Term]:
    query, value = call.input(0), call.input(1)
    rank = len(query)
    attended = call.config.get("attention_axes") or range(1, rank - 1)
    among = {axis % rank for axis in ([attended] if isinstance(attended, int) else attended)}
    pairs = product(query[1:-1]) * product([value[axis] for axis in sorted(among)])
    grouped = call.kind != "MultiHeadAttention"  # whose value heads are repeated to as many as the query has
    return [
        Term(product(query[1:-1]), "query_dense/kernel"),
        Term(product(value[1:-1]), "key_dense/kernel"),
        Term(product(value[1:-1]), "value_dense/kernel"),
        Term(product(query[1:-1]), "output_dense/kernel"),
        Term(pairs, "query_dense/kernel", (1, 2)),
        Term(pairs, "query_dense/kernel" if grouped else "value_dense/kernel", (1, 2)),
    ]


def _attention(call: CountedCall) -> list[Term]:
    """Scores are products for `dot` only; the weighted sum of the values always is."""
    query, value = call.input(0), call.input(1)
    pairs = product([query[1], value[1]])
    is_dot = call.kind == "Attention" and call.config.get("score_mode", "dot") == "dot"
    return [Term(pairs * (product(value[-1:]) + (product(query[-1:]) if is_dot else 0)))]


def _dot(call: CountedCall) -> list[Term]:
    axes = call.config["axes"]
    contracted = call.input()[axes[0] if isinstance(axes, list | tuple) else axes]
    return [Term(product([*call.output[1:], contracted]))]


def operation_terms(call: CountedCall) -> list[Term]:
    """Products of two tensors; an operation outside the vocabulary is unknown."""
    if call.kind not in VOCABULARY:
        raise UnknownCountError
    if call.kind == "MatMul":
        left = call.input()
        contracted = left[-2 if call.arguments["transpose_x"] else -1]
        return [Term(product([*call.output[1:], contracted]))]
    if call.kind == "Einsum":
        return [Term(_einsum_products(call))]
    return []


def _einsum_products(call: CountedCall) -> int:
    """Product of the lengths of all letters but the batch's, the first of the output."""
    equation = call.arguments.get("equation")
    if not isinstance(equation, str) or "..." in equation or "->" not in equation:
        raise UnknownCountError
    terms, output = equation.replace(" ", "").split("->")
    lengths: dict[str, int | None] = {}
    for term, shape in zip(terms.split(","), call.inputs, strict=True):
        lengths |= dict(zip(term, _known_shape(shape), strict=True))
    return product([n for letter, n in lengths.items() if letter != output[:1]])


RULES: dict[str, Rule] = {
    "Dense": _dense,
    "EinsumDense": _einsum_dense,
    "Embedding": _embedding,
    "ReversibleEmbedding": _embedding,
    **dict.fromkeys(("SimpleRNN", "GRU", "LSTM", "CuDNNGRU", "CuDNNLSTM", "RNN"), _recurrent),
    **dict.fromkeys(("MultiHeadAttention", "GroupQueryAttention", "GroupedQueryAttention"), _multi_head_attention),
    **dict.fromkeys(("Attention", "AdditiveAttention"), _attention),
    "Dot": _dot,
}
for _rank in ("1D", "2D", "3D"):
    RULES |= {
        f"Conv{_rank}": _windows("kernel"),
        f"Convolution{_rank}": _windows("kernel"),
        f"SeparableConv{_rank}": _windows("depthwise_kernel", "pointwise_kernel"),
        f"DepthwiseConv{_rank}": _depthwise,
        f"Conv{_rank}Transpose": _transposed,
        f"LocallyConnected{_rank}": _locally_connected,
        f"ConvLSTM{_rank}": _convolutional_recurrent,
    }
