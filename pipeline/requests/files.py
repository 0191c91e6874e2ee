"""What can be wrong with the files and folders that an option names, before a model is opened. Imports nothing slow."""

from pathlib import Path

from edgeprune.contracts.errors import UsageError
from edgeprune.contracts.recipes.recipe import ModelRecipe
from edgeprune.pipeline.kept.kept_run import obstacle

FOLDERS = ("store", "tensorboard")
"""Options that name a folder to write to, which need not exist yet."""


def check_named_files(recipe: ModelRecipe) -> None:
    """Raise UsageError or ModelFileError for a file that is not there or of another kind, or a folder that is none."""
    for name in FOLDERS:
        folder = getattr(recipe, name, None)
        if folder and (reason := obstacle(Path(folder))):
            raise UsageError(f"--{name} {folder}: cannot be made: {reason}", "give a folder that can be written to")
    if recipe.custom_objects:
        from edgeprune.keras_models.loading.custom_objects import check_python_file

        check_python_file(Path(recipe.custom_objects))
    teacher = getattr(recipe, "teacher", None)
    if teacher:
        check_model_file(Path(teacher))


def check_model_file(path: Path) -> None:
    """Raise ModelFileError for what is no saved Keras model, by its name and first bytes."""
    from edgeprune.keras_models.loading.archives.detect import model_kind  # which needs NumPy, and --help does not

    model_kind(path)
