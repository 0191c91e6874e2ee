"""What was given in memory, laid down as files for the time of a call; messages and results call it by its name."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from edgeprune.contracts.errors import EdgepruneError
from edgeprune.contracts.processes.temporary import remove_abandoned, temporary_folder
from edgeprune.contracts.results import Result
from edgeprune.interface.messages import Messages
from edgeprune.interface.outcome import Outcome
from edgeprune.interface.surroundings import only_own_errors, undisturbed

KERAS_FILES = (".keras", ".h5", ".hdf5")


@contextmanager
def workplace(*, verbose: bool = False) -> Iterator["Workplace"]:
    """Where a call works: nothing of it is left when the block ends, and the caller's process is as it was.

    Raises EdgepruneError for whatever goes wrong, and KeyboardInterrupt.
    """
    from edgeprune.keras_models.loading.made_here import made_here

    with undisturbed(), only_own_errors(), temporary_folder() as folder:
        remove_abandoned(folder.parent)
        place = Workplace(folder.resolve(), verbose=verbose)
        try:
            with made_here(place.live):
                yield place
        except EdgepruneError as error:
            error.message, error.hint = place.named(error.message), place.named(error.hint)
            error.args = (error.message,)
            raise


class Workplace:
    """A temporary folder, and what the caller calls the files in it. `live` are the files of live models."""

    def __init__(self, folder: Path, *, verbose: bool) -> None:
        self.folder = folder
        self.live: dict[Path, Mapping[str, Any]] = {}
        self.messages = Messages(self.named, verbose=verbose)
        self._names: dict[str, str] = {}

    def new(self, file_name: str, known_as: str) -> Path:
        """A path that is free, in a folder of its own."""
        folder = self.folder / str(len(self._names))
        folder.mkdir()
        taken = sum(name.partition(" (")[0] == known_as for name in self._names.values())
        self._names[str(folder / file_name)] = f"{known_as} ({taken + 1})" if taken else known_as
        return folder / file_name

    def model(self, model: Any, output: str | None = None) -> Path:
        """The file of a model: a path as it is; a live model saved, in the format that the name of `output` tells.

        Raises UsageError for anything else, ModelError where it cannot be saved.
        """
        if isinstance(model, str | Path):
            return Path(model)
        from edgeprune.keras_models.loading.live_model import live_keras_major, own_objects, save_live_model

        live_keras_major(model)
        suffix = Path(output or "").suffix.lower()
        file_name = re.sub(r"[^\w.-]", "_", model.name) + (suffix if suffix in KERAS_FILES else KERAS_FILES[0])
        path = self.new(file_name, model.name)
        for note in save_live_model(model, path):
            self.messages.note(note)
        self.live[path] = own_objects(model)
        return path

    def named(self, text: str) -> str:
        """A text with what the caller knows in the place of paths in here."""
        for path, name in self._names.items():
            text = text.replace(path, name)
        return text

    def outcome(self, result: Result, model: Any = None) -> Outcome:
        """A result as the caller gets it. Raises KeyboardInterrupt where Ctrl-C ended the work early."""
        written = {role: file for role, file in result.outputs.items() if self.folder not in Path(file).parents}
        for file in written.values():
            self._name_in_report(Path(file))
        if result.interrupted:
            raise KeyboardInterrupt
        recipe = {
            name: None if name == "output" and self._is_here(value) else value for name, value in result.recipe.items()
        }
        named = replace(
            result,
            model=self.named(result.model),
            recipe=_everywhere(self.named, recipe),
            rows=tuple(replace(row, file=row.file and self.named(row.file)) for row in result.rows),
            outputs=written,
            extra=_everywhere(self.named, result.extra),
        )
        return Outcome(
            result=named, model=model, notes=tuple(self.messages.notes), warnings=tuple(self.messages.warnings)
        )

    def _is_here(self, value: Any) -> bool:
        return isinstance(value, str) and self.folder in Path(value).parents

    def _name_in_report(self, file: Path) -> None:
        """What a report says of files in here would lead nowhere."""
        if self._names and file.suffix == ".json":
            from edgeprune.pipeline.files.outputs import whole

            text = file.read_text(encoding="utf-8")
            if (named := self.named(text)) != text:
                with whole(file, force=True) as temporary:
                    temporary.write_text(named, encoding="utf-8")


def _everywhere(change: Callable[[str], str], value: Any) -> Any:
    """The same value with all its texts changed, keys too."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {_everywhere(change, key): _everywhere(change, item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_everywhere(change, item) for item in value)
    return value
