"""Odd and damaged data sets, given to the commands that take --data."""

import random
import shutil

from benchmarks.hostile import data_files
from benchmarks.hostile.cases import Case, Folder, Step
from benchmarks.hostile.damage import damaged_bytes

SUMMARY = "prune, export, benchmark --data: odd and damaged archives, tables, folders of images, saved data sets"
SHARE = 16
TENSORFLOW = True

MODELS = {
    "operators3.keras": data_files.ROW,
    "nested2.h5": data_files.ROW,
    "convolution3.keras": data_files.IMAGE,
    "convolution2_saved": data_files.IMAGE,
    "recurrent3.keras": (6, 3),
    "words2.h5": (5,),
}
COMMANDS = (
    *(("prune", "{}", "--threshold", "0.05"),) * 3,
    ("prune", "{}", "--method", "activation", "--ratio", "0.2"),
    ("prune", "{}", "--method", "structured", "--ratio", "0.3", "--criterion", "taylor"),
    ("prune", "{}", "--threshold", "0.05", "--epochs", "1", "--batch-size", "8"),
    ("export", "{}", "--tflite", "out.tflite", "--quantize", "int8"),
    ("benchmark", "{}", "--runs", "2"),
)
EXTRAS = ((), (), (), ("--metric", "auc"), ("--target", "input"), ("--scale", "none"), ("--validation-split", "0.9"))


def make(rng: random.Random, folder: Folder) -> Case:
    """A whole model, an odd data set and a command."""
    name = rng.choice(sorted(MODELS))
    source = folder.base(name)
    model = folder.work / f"model{source.suffix}"
    shutil.copytree(source, model) if source.is_dir() else shutil.copyfile(source, model)
    data, title = _data(rng, folder, name)
    words = tuple(model.name if word == "{}" else word for word in rng.choice(COMMANDS))
    extra = rng.choice(EXTRAS)
    if data.endswith((".csv", ".parquet")) and rng.random() < 0.3:
        extra = ("--label", rng.choice(("label", "a", "no such", "", "1")))
    return Case(steps=(Step(arguments=(*words, "--data", data, *extra)),), title=f"{name}, {title}")


def _data(rng: random.Random, folder: Folder, model: str) -> data_files.Made:
    shape = MODELS[model]
    if rng.random() < 0.15:
        return _saved_data_set(rng, folder)
    if len(shape) == 3 and rng.random() < 0.6:
        return data_files.images(folder, rng, shape)
    if shape == data_files.ROW and rng.random() < 0.5:
        return data_files.table(folder, rng, shape)
    return data_files.npz(folder, rng, shape)


def _saved_data_set(rng: random.Random, folder: Folder) -> data_files.Made:
    """A `tf.data.Dataset` that was saved, one of its files damaged or missing."""
    target = folder.work / "saved"
    shutil.copytree(folder.base("rows_dataset"), target)
    files = sorted(path for path in target.rglob("*") if path.is_file())
    path = rng.choice(files)
    kind = rng.choice(("whole", "missing", "empty", "damaged", "damaged", "damaged"))
    if kind == "missing":
        path.unlink()
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "damaged":
        path.write_bytes(damaged_bytes(path.read_bytes(), rng)[0])
    return target.name, f"saved data set, {path.name} {kind}"
