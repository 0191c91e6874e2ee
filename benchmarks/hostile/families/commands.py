"""Random flags with right and wrong values, in a folder with files that must not be lost."""

import os
import random
import shutil

import numpy as np

from benchmarks.hostile.cases import Case, Folder, Step
from benchmarks.hostile.command_lines import command_line, recipe_file

SUMMARY = "all commands: random flags and recipe files, with right and wrong values"
SHARE = 16
TENSORFLOW = True

MODELS = ("operators2.h5", "operators3.keras", "nested2.h5", "nested3.keras", "operators2_saved")


def make(rng: random.Random, folder: Folder) -> Case:
    """A command line, and a folder with a model, data, and things in the way of outputs."""
    name = rng.choice(MODELS)
    source = folder.base(name)
    shutil.copytree(source, folder.work / "model") if source.is_dir() else shutil.copyfile(
        source, folder.work / f"model{source.suffix}"
    )
    _files(folder, rng)
    command, words = command_line(rng)
    if rng.random() < 0.2:
        (folder.work / "recipe.toml").write_text(recipe_file(command, rng), encoding="utf-8")
        words += ["--recipe", "recipe.toml"]
    model = f"model{source.suffix}" if rng.random() < 0.95 else rng.choice(("nowhere.h5", "", "folder", "pipe"))
    return Case(steps=(Step(arguments=(command, model, *words)),), title=name)


def _files(folder: Folder, rng: random.Random) -> None:
    work = folder.work
    numbers = np.random.default_rng(rng.randrange(2**32))
    rows, labels = numbers.random((60, 4), np.float32), np.arange(60) % 3
    np.savez(work / "data.npz", x=rows, y=labels)
    lines = [",".join(map(str, [*row, label])) for row, label in zip(rows, labels, strict=True)]
    (work / "data.csv").write_text("\n".join(["a,b,c,d,label", *lines]) + "\n")
    for name in ("exists.h5", "exists.tflite", "exists.csv", "exists.png", "exists.cc"):
        (work / name).write_text("the user's own")
    (work / "mine.py").write_text("import keras\nclass Own(keras.layers.Layer):\n    pass\n")
    (work / "broken.py").write_text("raise SystemExit(3)\n")
    (work / "folder").mkdir()
    (work / "folder" / "kept").write_text("the user's own")
    os.mkfifo(work / "pipe")
    (work / "dangling").symlink_to("nowhere/at/all")
    (folder.outside / "given").write_text("the user's own")
    (work / "outward").symlink_to(folder.outside / "given")
