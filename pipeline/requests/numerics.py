"""What can be wrong with the numeric formats that are asked for, before a model is opened. Imports nothing slow."""

from collections.abc import Sequence

from edgeprune.contracts import plugins
from edgeprune.contracts.errors import UsageError
from edgeprune.contracts.recipes.recipe import NumericsRecipe

NUMERICS = "edgeprune.tflite_export.numerics"
AUTO = "auto"


def check_numerics(recipe: NumericsRecipe, formats: Sequence[str], data: str | None) -> None:
    """Raise UsageError for options that no format of a list can serve, or a format that needs data where there is none.

    Of `auto`, which takes what it can get, one that can serve is enough.
    """
    if list(formats) == ["none"] and recipe.io == "float32" and not recipe.keep_float:
        return  # the formats' modules need NumPy
    names = list(plugins.catalogue(NUMERICS)) if AUTO in formats else list(formats)
    loaded = {name: plugins.load(NUMERICS, name) for name in names}
    fit = [name for name, numeric in loaded.items() if recipe.io in numeric.IO]
    asked = ",".join(formats)
    if not fit:
        raise UsageError(
            f"--io {recipe.io}: --quantize {asked} has inputs and outputs of {' or '.join(loaded[names[0]].IO)}",
            f"use --quantize {_able('IO', recipe.io)} for --io {recipe.io}",
        )
    if recipe.keep_float and not any(hasattr(numeric, "keep") for numeric in loaded.values()):
        raise UsageError(
            f"--keep-float: --quantize {','.join(formats)} treats all layers alike",
            f"use --quantize {_able('keep')}",
        )
    if recipe.sparse == "on" and not recipe.keep_float and all(hasattr(loaded[name], "DENSE_ONLY") for name in fit):
        raise UsageError(f"--sparse on: LiteRT reads {asked} weights with their zeros only", "use --sparse auto")
    calibrated = [name for name in fit if loaded[name].NEEDS_CALIBRATION]
    if data is None and calibrated and (AUTO not in formats or calibrated == fit):
        raise UsageError(
            f"--quantize {calibrated[0]} needs data for calibration",
            "give --data D with examples like those the device will see",
        )


def _able(attribute: str, value: str | None = None) -> str:
    """The formats that have an attribute, or a value in it."""
    loaded = {name: plugins.load(NUMERICS, name) for name in plugins.catalogue(NUMERICS)}
    return " or ".join(
        name
        for name, numeric in loaded.items()
        if hasattr(numeric, attribute) and (value is None or value in getattr(numeric, attribute))
    )
