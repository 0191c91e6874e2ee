"""What can be wrong with the options that say what a .tflite file is for. Imports nothing slow."""

from pathlib import Path

from edgeprune.contracts.errors import UsageError
from edgeprune.contracts.recipes.recipe import DeviceRecipe, FileRecipe
from edgeprune.pipeline.files.table_files import check_suffix

C_SUFFIXES = (".cc", ".cpp")
"""Of C++ source files."""


def check_device(recipe: FileRecipe, tflite: str | None) -> None:
    """Raise UsageError for options that do not go together, ExportError where a device's runtime is not installed."""
    check_suffix("--tflite", tflite, (".tflite",))
    check_suffix("--c-array", recipe.c_array, C_SUFFIXES)
    devices = [name for name in recipe.target if name != "input"]
    if len(set(devices)) > 1:
        raise UsageError("--target mobile and --target micro exclude each other", "export for each in a run of its own")
    if "micro" in devices:
        if recipe.sparse == "on":
            raise UsageError(
                "--sparse on and --target micro exclude each other: TFLite Micro reads dense weights only",
                "leave one of them out",
            )
        from edgeprune.tflite_export.devices.micro import require_micro

        require_micro()


def c_array_outputs(recipe: DeviceRecipe) -> dict[str, Path]:
    """Role to path of the C++ source and its header, where they are asked for."""
    if recipe.c_array is None:
        return {}
    return {"c_array": Path(recipe.c_array), "c_header": Path(recipe.c_array).with_suffix(".h")}
