"""The layers of a model file by name, told without building the model."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from edgeprune.contracts.model import ModelGraph
from edgeprune.keras_models.loading.archive_graph import has_graph, read_graph
from edgeprune.keras_models.loading.archives import ModelArchive, open_archive
from edgeprune.keras_models.loading.code_scan import scan

_MAKES_LAYERS = ("Attention", "Aug", "Bidirectional", "GRU", "LSTM", "RNN")
"""In the names of Keras's classes that make layers of their own, whose names are not in the file."""

_NO_LAYERS = ("build_config", "compile_config", "dtype")
"""Keys of a config under which other things than layers have names."""


def graph_of_known_layers(path: Path) -> ModelGraph | None:
    """The graph of a model file in which all layers are Keras's own; None for others.

    Raises ModelFileError for a file that is no sound model.
    """
    with open_archive(path) as archive:
        return read_graph(archive) if _is_known(archive) else None


def names_of_all_layers(path: Path) -> list[str] | None:
    """The names of all layers, those inside of others too; None where some are known only once the model is built.

    Raises ModelFileError for a file that is no sound model.
    """
    with open_archive(path) as archive:
        found = list(_named(archive.config)) if _is_known(archive) else []
    if not found or any(part in kind for kind, _ in found for part in _MAKES_LAYERS):
        return None
    return list(dict.fromkeys(name for _, name in found[1:] if name))


def _is_known(archive: ModelArchive) -> bool:
    return not archive.is_subclassed and has_graph(archive) and not scan(archive)


def _named(value: Any) -> Iterator[tuple[str, str]]:
    """Class and name of everything in a config that has both."""
    if isinstance(value, dict):
        config = value.get("config")
        name = value.get("name") or (config.get("name") if isinstance(config, dict) else None)
        if isinstance(value.get("class_name"), str):
            yield value["class_name"], str(name or "")
        value = [inner for key, inner in value.items() if key not in _NO_LAYERS]
    for inner in value if isinstance(value, list) else ():
        yield from _named(inner)
