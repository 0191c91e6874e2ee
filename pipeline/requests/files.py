"""What can be wrong with the files and folders that an option names, before a model is opened. Imports nothing slow."""

from pathlib import Path

from edgeprune.contracts.errors import UsageError
from edgeprune.contracts.recipes.recipe import ModelRecipe
from edgeprune.pipeline.kept.kept_run import obstacle


def files_read(model: Path, *named: str | None) -> list[Path]:
    """The files that a command reads: the model, and those of the options that are given."""
    return [model, *(Path(name) for name in named if name)]


def check_named_files(opening: ModelRecipe, *models: str | None, **folders: str | None) -> None:
    """Raise UsageError or ModelFileError for a file that is not there or of another kind, or a folder that is none.

    models: beside the one that the command works on.
    folders: by the names of their options; they are written to, and need not exist yet.
    """
    for name, folder in folders.items():
        if folder and (reason := obstacle(Path(folder))):
            raise UsageError(f"--{name} {folder}: cannot be made: {reason}", "give a folder that can be written to")
    if opening.custom_objects:
        from edgeprune.keras_models.loading.custom_objects import check_python_file

        check_python_file(Path(opening.custom_objects))
    for model in models:
        if model:
            check_model_file(Path(model))


def check_model_file(path: Path) -> None:
    """Raise ModelFileError for what is no saved Keras model, by its name and first bytes."""
    from edgeprune.keras_models.loading.archives.detect import model_kind  # which needs NumPy, and --help does not

    model_kind(path)
