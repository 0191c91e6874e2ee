"""Models whose config holds a hostile layer, loss, metric or optimizer, in every format."""

import random
import shutil
from pathlib import Path
from typing import Any

from benchmarks.hostile.cases import Folder
from benchmarks.hostile.hostile_layers import bytecode, filled, layers_of_keras_2, layers_of_keras_3
from benchmarks.hostile.model_files import with_attribute, with_config

TARGETS = ("operators2.h5", "operators2.keras", "operators2_saved", "operators3.keras", "operators3.h5")


def hostile_model(rng: random.Random, folder: Folder) -> tuple[Path, str, bool]:
    """A model with one hostile layer at its end, or in its compile settings.

    Also what it is, and whether it must be refused: compile settings may be left out instead.
    """
    source = folder.base(rng.choice(TARGETS))
    target = folder.work / f"model{source.suffix}"
    if source.suffix == ".h5" and rng.random() < 0.1:
        shutil.copyfile(source, target)
        return target, f"{source.name}, {_compiled(target, rng, folder)}", False
    forms = list((layers_of_keras_3 if "3" in source.name else layers_of_keras_2)(folder))
    title, layer = rng.choice(forms)
    layer = filled(layer, folder)
    is_output = rng.random() < 0.5

    def change(config: Any) -> Any:
        model = config["config"]
        model["layers"].append(layer)
        if is_output:
            _make_output(model)
        return config

    with_config(source, target, change)
    return target, f"{source.name}, {title}{', as output' if is_output else ''}", True


def _make_output(model: dict[str, Any]) -> None:
    """The hostile layer gives the model's output: then nothing can leave it out."""
    outputs = model["output_layers"]
    model["output_layers"] = [["evil", 0, 0]] if isinstance(outputs[0], list) else ["evil", 0, 0]


def _compiled(path: Path, rng: random.Random, folder: Folder) -> str:
    key = rng.choice(("loss", "metrics", "optimizer_config", "weighted_metrics", "loss_weights"))
    code = {"class_name": "__lambda__", "config": {"code": bytecode(folder)[0], "defaults": None, "closure": None}}
    held = rng.choice((code, {"class_name": "Lambda", "config": {"function": bytecode(folder)}}, bytecode(folder)))

    def change(config: Any) -> Any:
        config[key] = [held] if key == "metrics" else held
        return config

    with_attribute(path, "training_config", change)
    return f"code as {key}"
