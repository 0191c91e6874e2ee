"""Loss names that both Kerases know, what each is for, and how a loss is written inside a model file."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edgeprune.contracts.errors import UsageError
from edgeprune.contracts.model import Interface
from edgeprune.contracts.wording import did_you_mean

INTEGER_LABELS = "sparse_categorical_crossentropy"
"""The one loss that takes class numbers; all others take labels of the output's own shape."""

_ANY = {"mean_squared_error", "mean_absolute_error", "huber", "log_cosh"}
_HINGES = {"hinge", "squared_hinge"}
_TWO_WAY = {"binary_crossentropy", "binary_focal_crossentropy"}
_MANY_WAY = {"categorical_crossentropy", "categorical_focal_crossentropy"}
_ODD = {
    "cosine_similarity", "poisson", "mean_absolute_percentage_error",
    "mean_squared_logarithmic_error", "kl_divergence",
}  # fmt: skip

FITTING: Mapping[str, frozenset[str]] = {
    "binary": frozenset(_ANY | _TWO_WAY | _HINGES),
    "multiclass": frozenset(_ANY | _TWO_WAY | _MANY_WAY | {INTEGER_LABELS, "kl_divergence", "categorical_hinge"}),
    "multilabel": frozenset(_ANY | _TWO_WAY | _HINGES),
    "regression": frozenset(_ANY | _ODD | _HINGES | _TWO_WAY),
    "reconstruction": frozenset(_ANY | _ODD | _TWO_WAY),
}
"""Kind of task to the losses that can train it."""

TAKES_LOGITS = frozenset(_TWO_WAY | _MANY_WAY | {INTEGER_LABELS})

_ALIASES = {
    "mse": "mean_squared_error",
    "mae": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "msle": "mean_squared_logarithmic_error",
    "bce": "binary_crossentropy",
    "kld": "kl_divergence",
    "kullback_leibler_divergence": "kl_divergence",
    "huber_loss": "huber",
    "logcosh": "log_cosh",
    "cosine_proximity": "cosine_similarity",
}


@dataclass(frozen=True, kw_only=True)
class Loss:
    """A Keras loss by name; `from_logits` where it takes the output before the sigmoid or softmax."""

    name: str
    from_logits: bool = False


def requested_loss(text: str) -> str:
    """The Keras name of what `--loss` says; UsageError for a name that Keras does not have."""
    known = frozenset().union(*FITTING.values())
    name = _plain_name(text)
    if name not in known:
        hint = did_you_mean(name, known, "choose one of these")
        raise UsageError(f"--loss {text!r} is not one of {', '.join(sorted(known))}", hint)
    return name


def saved_losses(interface: Interface) -> tuple[Loss | None, ...]:
    """The loss compiled into the file, for each output; None where there is none, or one that Keras does not ship."""
    loss, outputs = interface.loss, interface.outputs
    if isinstance(loss, Mapping) and "class_name" not in loss:
        return tuple(_parsed(loss.get(port.name)) for port in outputs)
    if isinstance(loss, list | tuple):
        if len(loss) != len(outputs):
            return (None,) * len(outputs)
        return tuple(_parsed(entry) for entry in loss)
    return (_parsed(loss),) * len(outputs)


def _parsed(entry: Any) -> Loss | None:
    """A name, or `{"class_name": …, "config": …}` around a loss class's config or a loss function's name."""
    options: Mapping[str, Any] = {}
    if isinstance(entry, Mapping):
        config = entry.get("config")
        if isinstance(config, Mapping):
            options = config
        entry = config if isinstance(config, str) else entry.get("class_name")
    if not isinstance(entry, str):
        return None
    name = _plain_name(entry)
    if not any(name in names for names in FITTING.values()):
        return None
    return Loss(name=name, from_logits=bool(options.get("from_logits", False)))


def _plain_name(text: str) -> str:
    """`SparseCategoricalCrossentropy`, `MSE` and `sparse-categorical-crossentropy` in Keras's snake case."""
    if text.isupper():
        text = text.lower()
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", text).lower().replace("-", "_")
    return _ALIASES.get(name, name)
