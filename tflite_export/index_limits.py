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
    return tuple(_table_rows(tensor) for tensor in function.inputs[:inputs])


def _table_rows(tensor: Any) -> int | None:
    rows, waiting, seen = [], [tensor], set()
    while waiting:
        tensor = waiting.pop()
        for consumer in tensor.consumers():
            if consumer.type in GATHERS and consumer.inputs[1] is tensor:
                rows.append(_rows(consumer.inputs[0]))
            elif consumer.type in PASSING and consumer.name not in seen:
                seen.add(consumer.name)
                waiting.extend(consumer.outputs)
    known = [count for count in rows if count is not None]
    return min(known) if known else None


def _rows(table: Any) -> int | None:
    """Length of a table's first axis; a variable's handle carries its shape in its handle data."""
    if table.dtype.name != "resource":
        return int(table.shape[0]) if table.shape.rank else None
    handle = table._handle_data
    return int(handle.shape_and_type[0].shape.dim[0].size) if handle is not None else None
