"""Whether the training and the test part hold examples of one shape."""

from edgeprune.contracts.errors import DataError
from edgeprune.contracts.model import Interface, Port, Shape
from edgeprune.dataset_io.facts import Facts
from edgeprune.dataset_io.parts import Part
from edgeprune.dataset_io.shapes import fitted_shape


def check_parts(source: str, train: Part, test: Part, interface: Interface) -> None:
    """Raise DataError, naming both shapes, where examples or labels of the two parts differ more than the model takes.

    Inputs may differ as long as each part fits; labels only along axes whose length the model leaves open.
    """
    for port, ours, theirs in zip(interface.inputs, train.input_facts, test.input_facts, strict=False):
        fits = [fitted_shape(facts.shape, port.shape) is not None for facts in (ours, theirs)]
        if ours.shape != theirs.shape and not all(fits):
            raise _different(source, f"examples of input {port.name!r}", ours, theirs, port)
    for port, ours, theirs in zip(interface.outputs, train.label_facts, test.label_facts, strict=False):
        if not _alike(ours.shape, theirs.shape, None in port.shape):
            raise _different(source, f"labels of output {port.name!r}", ours, theirs, port)


def _alike(ours: Shape, theirs: Shape, is_open: bool) -> bool:
    """Whether two shapes are one but for axes of length 1, and for lengths that are not known or may differ."""
    ours, theirs = (tuple(length for length in shape if length != 1) for shape in (ours, theirs))
    return len(ours) == len(theirs) and all(
        a == b or is_open or None in (a, b) for a, b in zip(ours, theirs, strict=True)
    )


def _different(source: str, what: str, ours: Facts, theirs: Facts, port: Port) -> DataError:
    return DataError(
        f"{source}: {what} have shape {ours.shape} in the training part and {theirs.shape} in the test part "
        f"(the model has {port.shape})",
        "give both parts the same shape",
    )
