"""Which shapes fit a model without anybody having to ask: the same numbers in the same order."""

import math

from edgeprune.contracts.model import Shape


def fitted_shape(found: Shape, wanted: Shape) -> Shape | None:
    """Shape that one example of shape `found` takes in a port of shape `wanted`; None where it does not fit.

    An example fits as it is (None in either shape stands for any length), with axes of length 1 added or dropped
    (`(28, 28)` and `(28, 28, 1)`), flattened (`(28, 28)` to `(784,)`) or unflattened (the way back). Anything else,
    such as `(14, 56)` into `(28, 28)` or a change of the axes' order, does not fit.
    """
    if _equal(found, wanted):
        return tuple(f if w is None else w for f, w in zip(found, wanted, strict=True))
    lengths = [length for length in found if length != 1]
    if _equal(tuple(lengths), tuple(length for length in wanted if length != 1)):
        remaining = iter(lengths)
        return tuple(1 if length == 1 else next(remaining) for length in wanted)
    flattening = len(wanted) == 1 or len(found) == 1
    if flattening and _product(found) == _product(wanted) is not None:
        return wanted
    return None


def _equal(a: Shape, b: Shape) -> bool:
    return len(a) == len(b) and all(x == y or x is None or y is None for x, y in zip(a, b, strict=True))


def _product(shape: Shape) -> int | None:
    known = [length for length in shape if length is not None]
    return math.prod(known) if len(known) == len(shape) else None
