"""Where the checkpoints of a command lie: in a folder that belongs to all that decides its training, and to no more."""

import hashlib
import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from edgeprune.contracts.recipes.recipe import DataRecipe, MethodRecipe, ModelRecipe
from edgeprune.contracts.recipes.training import TrainingRecipe
from edgeprune.keras_models.training.options import CheckpointPlace
from edgeprune.pipeline.kept.kept_run import KeptRun
from edgeprune.pipeline.kept.row_store import identify

NOT_DECISIVE = {"data", "custom_objects", "teacher", "target", "tensorboard", "trust_model"}
"""Options that do not decide by their own value: of files and folders the content does."""


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


def run_name(
    model: Path,
    *,
    method: MethodRecipe,
    training: TrainingRecipe,
    data: DataRecipe,
    opening: ModelRecipe,
    seed: int,
) -> str:
    """A digest of all that decides the training: content of files, options of the method, of training and data, seeds.

    What a command has no options for is at its default.
    """
    parts = ((MethodRecipe, method), (TrainingRecipe, training), (DataRecipe, data), (ModelRecipe, opening))
    decisive: dict[str, Any] = {
        item.name: getattr(part, item.name)
        for kind, part in parts
        for item in fields(kind)
        if item.name not in NOT_DECISIVE
    }
    decisive |= {"seed": seed, "target_is_input": "input" in data.target, "model": identify(model)}
    sources = {"data": data.data, "custom_objects": opening.custom_objects, "teacher": training.teacher}
    for name, source in sources.items():
        decisive[name] = source and (identify(Path(source)) if Path(source).exists() else source)
    return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()[:24]
