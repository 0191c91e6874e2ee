"""What the converter says when it fails, as one line that names the layer and the operator."""

from typing import Any

from edgeprune.contracts.errors import EdgepruneError, ExportError
from edgeprune.contracts.keras_model import KerasModel

NEEDS_FLEX = "ERROR_NEEDS_FLEX_OPS"


def explain(error: Exception, model: KerasModel) -> EdgepruneError:
    """The ExportError that says what a failed conversion means for the user.

    TensorFlow's `ConverterError` holds the operators and the graph nodes they stand for; a node's path
    begins with the names of the layers it belongs to.
    """
    found = [(_operator(entry), _layer(entry, model)) for entry in getattr(error, "errors", [])]
    named = "; ".join(dict.fromkeys(f"operator {operator}{place}" for operator, place in found if operator))
    if NEEDS_FLEX in str(error):
        return ExportError(
            f"{named or 'an operator'}: expected operators that LiteRT has built in, "
            "found one that needs the Flex delegate (TensorFlow's kernels on the device)",
            "replace the layer, or pass --allow-flex if the device has that delegate",
        )
    place = f"{named}: " if named else ""
    return ExportError(
        f"{place}TensorFlow's converter failed: {_first_line(error)}",
        "export again with --quantize none, or replace the layer",
    )


def cannot_trace(error: Exception) -> ExportError:
    """The error for a model that TensorFlow cannot turn into a graph, or whose graph it cannot save."""
    if "'untracked' resource" in str(error):
        return ExportError(
            "the model holds a table (StringLookup, IntegerLookup or the like), expected layers of numbers only",
            "do the look-up before the model, and export the rest",
        )
    return ExportError(
        f"TensorFlow cannot trace the model for one example: {_first_line(error)}",
        "check that it runs on a batch of 1",
    )


def _first_line(error: Exception) -> str:
    return next((line.strip()[:300] for line in str(error).splitlines() if line.strip()), type(error).__name__)


def _operator(entry: Any) -> str:
    """The operator that a converter error is about, without its dialect (`tf.Cholesky` → `Cholesky`)."""
    name = str(entry.operator.name)
    return name.split(".", 1)[-1]


def _layer(entry: Any, model: KerasModel) -> str:
    """` in layer 'name'` for the innermost layer on the path of the node, or nothing where it is in none."""
    names = _layer_names(model)
    for call in entry.location.call:
        for part in reversed(str(call.name).split("@", 1)[0].split("/")):
            # Keras 3 numbers a layer's scope by its calls: `dense_1` is the second scope of `dense`.
            for name in (part, part.rsplit("_", 1)[0]):
                if name in names:
                    return f" in layer {name!r}"
    return ""


def _layer_names(model: KerasModel) -> set[str]:
    """Names of all layers, those of nested models too."""
    return {layer.name for layer in model._flatten_layers(include_self=False)}
