"""Where the checkpoints of a command lie: in a folder that belongs to all that decides its training, and to no more."""

import hashlib
import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from edgeprune.contracts.recipes.recipe import ExportRecipe, NumericsRecipe, PointRecipe, PruneRecipe
from edgeprune.keras_models.training.options import CheckpointPlace
from edgeprune.pipeline.files.store import identify
from edgeprune.pipeline.training.kept_run import KeptRun

SOURCES = ("data", "custom_objects", "teacher")
"""Options that name a file or a folder: its content decides, not its name."""
NOT_DECISIVE = {item.name for item in fields(NumericsRecipe)} | {*SOURCES, "target", "tensorboard", "trust_model"}


@dataclass(frozen=True)
class TrainingStore:
    """The checkpoints of one run."""

    kept: KeptRun

    def place(self, part: str = "") -> CheckpointPlace:
        """Where one training's checkpoint belongs.

        `part` keeps trainings apart that differ in more than their start and their options.
        """
        return CheckpointPlace(
            folder=self.kept.folder / part,
            make_folder=lambda: self.kept.make(part),
            required=self.kept.given,
            note=self.kept.note,
        )


def trains(recipe: PruneRecipe | ExportRecipe) -> bool:
    """Whether a command trains, and so has anything to keep."""
    if isinstance(recipe, PruneRecipe):
        return bool(recipe.epochs or recipe.qat_epochs) and not recipe.dry_run
    return bool(recipe.qat_epochs)


def run_name(model: Path, recipe: PruneRecipe | ExportRecipe) -> str:
    """A digest of all that decides the training: content of files, options of the method and of training, seeds.

    What a command has no options for is at its default.
    """
    decisive: dict[str, Any] = {
        item.name: getattr(recipe, item.name, item.default)
        for item in fields(PointRecipe)
        if item.name not in NOT_DECISIVE
    }
    decisive["target_is_input"] = "input" in recipe.target
    decisive["model"] = identify(model)
    for name in SOURCES:
        source = getattr(recipe, name, None)
        decisive[name] = source and (identify(Path(source)) if Path(source).exists() else source)
    return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()[:24]
