"""Where something constant can be added to what a kernel gives: its bias, or the normalisation that comes next."""

from collections.abc import Iterable
from dataclasses import dataclass

from edgeprune.contracts.data import Array
from edgeprune.contracts.model import ModelGraph, Node, WeightKey
from edgeprune.keras_models.linear.kernels import LinearKernel


@dataclass(frozen=True)
class Constant:
    """A weight of one number for each output. sign: -1 where it is taken off (a moving mean), 1 where it is added."""

    key: WeightKey
    sign: int

    def plus(self, array: Array, more: Array) -> Array:
        """The weight with so much more added to each output."""
        total: Array = (array + self.sign * more).astype(array.dtype)
        return total


def constants(graph: ModelGraph, kernels: Iterable[LinearKernel]) -> dict[WeightKey, Constant]:
    """For each kernel, by its key, where a constant goes; no entry where there is no place for one."""
    return {kernel.key: constant for kernel in kernels if (constant := _constant(graph, kernel))}


def _constant(graph: ModelGraph, kernel: LinearKernel) -> Constant | None:
    if kernel.bias:
        return Constant(kernel.bias, 1)
    path, _ = kernel.key
    activation = graph.layers[path].config.get("activation")
    calls = [node for node in graph.nodes if node.layer == path]
    if len(calls) != 1 or activation not in (None, "linear"):
        return None
    readers = _readers(graph, calls[0])
    if len(readers) != 1 or readers[0].kind != "BatchNormalization":
        return None
    return Constant((readers[0].layer, "moving_mean"), -1) if _called_once(graph, readers[0].layer) else None


def _readers(graph: ModelGraph, node: Node) -> list[Node]:
    """Nodes that read a node's outputs; none where the model gives them."""
    if any(tensor.node == node.index for tensor in graph.outputs):
        return []
    return [other for other in graph.nodes if any(tensor.node == node.index for tensor in other.inputs)]


def _called_once(graph: ModelGraph, path: str) -> bool:
    return sum(node.layer == path for node in graph.nodes) == 1
