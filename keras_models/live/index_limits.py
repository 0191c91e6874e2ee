"""Which whole numbers an input of indices may hold: the lengths of the tables that it indexes."""

from typing import Any

# Operators that pass indices on unchanged, on their way from an input to an Embedding.
PASSING = {
    "Cast",
    "Identity",
    "Reshape",
    "ExpandDims",
    "Squeeze",
    "StridedSlice",
    "SelectV2",
    "AddV2",
    "Pack",
    "ConcatV2",
}
GATHERS = {"ResourceGather", "GatherV2"}


def index_limits(function: Any, inputs: int) -> tuple[int | None, ...]:
    """For each input of a traced function: how many rows the table has that it indexes, None where it indexes none.

    Followed in the graph from the input to the gather, so that it holds for both Kerases and for nested models.
    """
    shapes = {id(variable.handle): variable.shape for variable in function.graph.variables}
    tables = {inner.name: shapes.get(id(outer)) for outer, inner in function.graph.captures}
    return tuple(_fewest_rows(tensor, tables) for tensor in function.inputs[:inputs])


def _fewest_rows(tensor: Any, tables: dict[str, Any]) -> int | None:
    """The shortest of all tables that a tensor's values index; `tables` are the shapes behind variables' handles."""
    rows: list[int] = []
    waiting, seen = [tensor], set()
    while waiting:
        tensor = waiting.pop()
        for consumer in tensor.consumers():
            if consumer.type in GATHERS and consumer.inputs[1] is tensor:
                table = consumer.inputs[0]
                shape = tables.get(table.name) or table.shape
                rows.extend(shape[:1])
            elif consumer.type in PASSING and consumer.name not in seen:
                seen.add(consumer.name)
                waiting.extend(consumer.outputs)
    return min(rows, default=None)
