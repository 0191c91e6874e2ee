"""Where the checkpoints of a command lie: in a folder that belongs to its recipe, its model and its data."""

import hashlib
import json
from dataclasses import fields
from pathlib import Path

from contracts.recipe import NumericsRecipe, PointRecipe, PruneRecipe
from pipeline.store import identify


def checkpoint_folder(model: Path, recipe: PointRecipe) -> Path | None:
    """A folder in that of `--store`, named by all that decides the training; None where nothing is to be kept.

    That is the recipe without outputs and export, and the content of all files that are read.
    """
    if not isinstance(recipe, PruneRecipe) or recipe.store is None:
        return None
    names = {item.name for item in fields(PointRecipe)} - {item.name for item in fields(NumericsRecipe)}
    decisive = {name: getattr(recipe, name) for name in sorted(names - {"tensorboard"})}
    sources = [Path(source) for source in (recipe.data, recipe.custom_objects, recipe.teacher) if source]
    text = f"{json.dumps(decisive)} {identify(model, *sources)}"
    return Path(recipe.store) / hashlib.sha256(text.encode()).hexdigest()[:24]
