"""The walk through a model's config, its nested models and the layers that wrappers hold."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from edgeprune.contracts.errors import ModelFileError
from edgeprune.keras_models.graphs.functional import is_functional, is_model, layer_name
from edgeprune.keras_models.loading.model_config.arguments import read_calls
from edgeprune.keras_models.loading.model_config.edges import read_edges
from edgeprune.keras_models.loading.model_config.kinds import (
    FLAG,
    LIST,
    NAME,
    OBJECT,
    SHAPE,
    NotAsExpectedError,
    either,
    located,
    optional,
)
from edgeprune.keras_models.loading.model_config.layers import (
    is_keras_own,
    is_operator,
    read_entry,
    read_layer,
    require,
)

_DAMAGED = "the file is damaged: save the model again with the Keras that made it"

_MOST_CALLS = 10_000
"""NASNetLarge makes 1,041. Models that call models twice, each inside the next, double their calls at every level."""


def read_config(path: Path, config: Any, keras_major: int) -> dict[str, Any]:
    """The serialized model that was read from a file, checked in all that the rest of edgeprune relies on.

    A subclassed model, and a class that Keras does not have, may state what they like. Raises ModelFileError with the
    layer, the key, what stands there and what was expected.
    """
    try:
        read_entry(config, "the config")
        if is_model(config) or config["class_name"] in ("Functional", "Sequential"):
            _Reader(keras_major).read_model(config, "")
    except NotAsExpectedError as error:
        where = f"layer {error.layer!r}: " if error.layer else ""
        raise ModelFileError(f"{path}: {where}{error.message}", _DAMAGED) from error
    checked: dict[str, Any] = config
    return checked


class _Reader:
    """Walks through models; `paths` are those of all layers so far, as `ModelGraph.layers` has them."""

    def __init__(self, keras_major: int) -> None:
        self.keras_major = keras_major
        self.paths: set[str] = set()

    def read_model(self, model: Mapping[str, Any], path: str) -> int:
        """Check one model and all in it; returns how many calls of layers one call of it makes.

        Raises NotAsExpectedError with the layer's path.
        """
        prefix = f"{path}/" if path else ""
        with located(path):
            items = _items(model)
            self._check_names(items, prefix)
        count = 0
        for item in items:
            inner = prefix + layer_name(item)
            with located(inner):
                each = self.read_model(item, inner) if is_model(item) else read_layer(item, inner, self.read_model)
                count += each * max(1, len(item.get("inbound_nodes", ())))
                if count > _MOST_CALLS:
                    raise NotAsExpectedError(
                        f"its model makes {count:,} calls of layers, expected {_MOST_CALLS:,} at most"
                    )
        if is_functional(model):
            self._read_connections(model, items, prefix)
        return count

    def _read_connections(self, model: Mapping[str, Any], items: Sequence[Any], prefix: str) -> None:
        read_edges(model["config"], self.keras_major, prefix)
        for item in items:
            if is_model(item) or (is_operator(item) and is_keras_own(item)):
                with located(prefix + layer_name(item)):
                    read_calls(item)

    def _check_names(self, items: Sequence[Any], prefix: str) -> None:
        """Raises NotAsExpectedError where an entry is no layer, or its name is missing or not its own."""
        for position, item in enumerate(items):
            place = f"entry {position} of 'layers'"
            read_entry(item, place)
            config = item["config"]
            NAME.check(
                f"the name of {place}",
                item.get("name") or (config.get("name") if isinstance(config, dict) else None),
            )
            path = prefix + layer_name(item)
            if path in self.paths:
                raise NotAsExpectedError(f"two layers have this name, expected one of its own for {place}", path)
            self.paths.add(path)


def _items(model: Mapping[str, Any]) -> Sequence[Any]:
    """The entries of one model's `layers`, with the rest of its own config checked."""
    config = model["config"]
    if isinstance(config, list):
        return config
    if model["class_name"] == "Functional":
        for key in ("input_layers", "output_layers"):
            require(config, key, either(LIST, OBJECT))
    require(config, "layers", LIST)
    optional(NAME).check("the model's name", config.get("name"))
    FLAG.check("config key 'trainable'", config.get("trainable"))
    if not is_functional(model):
        optional(SHAPE).check("config key 'build_input_shape'", config.get("build_input_shape"))
    items: Sequence[Any] = config["layers"]
    return items
