"""Static shapes: what each layer and operation makes of the shapes it is given.

A layer without a rule here, and a length that only exists at run time, is None: never a guess.
"""

from collections.abc import Mapping
from dataclasses import replace

from edgeprune.contracts.model import Shape
from edgeprune.keras_models.shapes import convolution, core, merging, operations, reshaping, sequences
from edgeprune.keras_models.shapes.rules import LayerCall, Outputs, Rule

LAYER_RULES: Mapping[str, Rule] = {
    **core.RULES,
    **convolution.RULES,
    **reshaping.RULES,
    **merging.RULES,
    **sequences.RULES,
}

MISFITS = (KeyError, IndexError, TypeError, ValueError, AttributeError, ArithmeticError)
"""What a rule raises for a call that it does not fit: a class of the user's may bear the name of one of Keras's, and a
layer may be called on what Keras will refuse. Shapes and counts are unknown then, which is no error."""


def infer_shapes(call: LayerCall) -> tuple[Shape | None, ...]:
    """One shape for each output of a call; (None,) where nothing is known."""
    if call.kind != "InputLayer" and (not call.inputs or call.inputs[0] is None):
        return (None,)
    try:
        return tuple(_outputs(call))
    except MISFITS:
        return (None,)


def _outputs(call: LayerCall) -> Outputs:
    if not call.is_operation and call.kind in _WRAPPERS:
        made = _WRAPPERS[call.kind](call)
    else:
        rule = (operations.RULES if call.is_operation else LAYER_RULES).get(call.kind)
        made = None if rule is None else rule(call)
    return made if isinstance(made, list) else [made]


def _inner(call: LayerCall, shape: Shape) -> Outputs:
    kind, config = sequences.nested_layer(call.config)
    return _outputs(replace(call, kind=kind, config=config, inputs=(shape,)))


def _time_distributed(call: LayerCall) -> Shape | None:
    batch, steps, *rest = call.shape
    inner = _inner(call, (batch, *rest))[0]
    return None if inner is None else (batch, steps, *inner[1:])


def _bidirectional(call: LayerCall) -> Shape | Outputs | None:
    return sequences.bidirectional(call, _inner(call, call.shape))


def _spectral_normalization(call: LayerCall) -> Shape | None:
    return _inner(call, call.shape)[0]


_WRAPPERS: Mapping[str, Rule] = {
    "TimeDistributed": _time_distributed,
    "Bidirectional": _bidirectional,
    "SpectralNormalization": _spectral_normalization,
}
