"""Models damaged in all ways, made into a case's folder: the same for the commands that read and those that load."""

import random
import shutil
from pathlib import Path

from benchmarks.hostile import base_models
from benchmarks.hostile.cases import Folder
from benchmarks.hostile.damage import damaged_bytes, damaged_json
from benchmarks.hostile.model_files import members, with_attribute, with_config, with_member
from benchmarks.hostile.weight_damage import damage_weights


def bytes_of_a_model(rng: random.Random, folder: Folder) -> tuple[Path, str]:
    """A model with damaged bytes: of the file, of one member of its zip archive, of one file of its folder."""
    source = folder.base(rng.choice(base_models.KERAS_FILES))
    target = folder.work / f"model{source.suffix}"
    done = ""
    if source.is_dir():
        shutil.copytree(source, target)
        files = sorted(path for path in target.rglob("*") if path.is_file())
        path = rng.choice(files)
        changed, done = damaged_bytes(path.read_bytes(), rng)
        path.write_bytes(changed)
        return target, f"{source.name}, {path.name} {done}"
    if source.suffix == ".keras" and rng.random() < 0.7:
        member = rng.choice(members(source))
        said: list[str] = []

        def change(content: bytes) -> bytes:
            changed, done = damaged_bytes(content, rng)
            said.append(done)
            return changed

        with_member(source, target, member, change)
        return target, f"{source.name}, {member} {said[0]}"
    changed, done = damaged_bytes(source.read_bytes(), rng)
    target.write_bytes(changed)
    return target, f"{source.name} {done}"


def config_of_a_model(rng: random.Random, folder: Folder) -> tuple[Path, str]:
    """A model whose config, or what it was compiled with, is other than it should be in a few places."""
    source = folder.base(rng.choice(base_models.KERAS_FILES))
    target = folder.work / f"model{source.suffix}"
    said: list[str] = []

    def change(config: object) -> object:
        changed, done = damaged_json(config, rng)
        said.append(done)
        return changed

    if source.suffix == ".h5" and source.name not in base_models.NOT_COMPILED and rng.random() < 0.15:
        shutil.copyfile(source, target)
        with_attribute(target, "training_config", change)
    else:
        with_config(source, target, change)
    return target, f"{source.name}, {said[0][:200]}"


def weights_of_a_model(rng: random.Random, folder: Folder) -> tuple[Path, str]:
    """A model whose arrays are of other types, shapes or names, or missing."""
    source = folder.base(rng.choice(base_models.H5_FILES + base_models.ZIP_FILES))
    target = folder.work / f"model{source.suffix}"
    if source.suffix == ".h5":
        shutil.copyfile(source, target)
        return target, f"{source.name}, {damage_weights(target, rng)}"
    inner = folder.root / "weights.h5"
    said: list[str] = []

    def change(content: bytes) -> bytes:
        inner.write_bytes(content)
        said.append(damage_weights(inner, rng))
        return inner.read_bytes()

    with_member(source, target, "model.weights.h5", change)
    return target, f"{source.name}, {said[0]}"
