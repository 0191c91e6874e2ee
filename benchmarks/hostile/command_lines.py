"""Random command lines, drawn from the fields of the recipes, so that new flags take part by themselves."""

import random
from collections.abc import Mapping
from dataclasses import Field, fields
from typing import Any

from edgeprune.contracts.plugins import catalogue
from edgeprune.contracts.recipes.fields import flag as recipe_flag
from edgeprune.contracts.recipes.recipe import BenchmarkRecipe, ExportRecipe, ModelRecipe, PruneRecipe, SweepRecipe
from edgeprune.contracts.recipes.values import value_type

RECIPES: dict[str, type[ModelRecipe]] = {
    "prune": PruneRecipe,
    "sweep": SweepRecipe,
    "export": ExportRecipe,
    "benchmark": BenchmarkRecipe,
}
USUAL = {
    "prune": (("--threshold", "0.05"), ("--method", "structured", "--ratio", "0.3"), ("--method", "magnitude"), ()),
    "sweep": (("--thresholds", "0,0.1"), ("--method", "magnitude", "--sparsities", "0.5"), ()),
    "export": (("--tflite", "out.tflite"), ("--tflite", "out.tflite", "--quantize", "int8"), ()),
    "benchmark": (("--runs", "2"), ()),
}
WORDS = {
    "data": ("data.npz", "data.npz", "data.csv", "nowhere.npz", "folder"),
    "output": ("out.h5", "out.keras", "out", "out.csv", "out.json", "out.md", "exists.h5", "exists.csv"),
    "tflite": ("out.tflite", "exists.tflite", "out.keras"),
    "teacher": ("model.h5", "model.keras", "nowhere.h5"),
    "original": ("model.h5", "model.keras", "nowhere.h5"),
    "custom_objects": ("mine.py", "broken.py", "nowhere.py"),
    "store": ("store", "exists.h5", "folder"),
    "tensorboard": ("boards", "exists.h5"),
    "plot": ("plot.png", "plot.svg", "plot.txt", "exists.png"),
    "c_array": ("out.cc", "out.c", "exists.cc"),
    "label": ("label", "a", "none", "no such"),
    "loss": ("mse", "sparse_categorical_crossentropy", "categorical_crossentropy", "binary_crossentropy", "no such"),
    "scale": ("auto", "none", "255", "0:1", "standard", "0"),
    "block": ("1x4", "1x16", "4x1", "0x4", "1000x1000"),
    "pattern": ("2:4", "4:2", "0:4", "2:0"),
    "methods": ("threshold,magnitude", "structured,layers", "magnitude", "no-such"),
    "thresholds": ("0,0.1", "0:0.1:0.05", "0:1", "1:0:-1", "0:1:1e-9", "nan"),
    "sparsities": ("0.5", "0,0.9,1", "2", "0:1:0"),
    "ratios": ("0.3", "0,1", "-1"),
    "input_shape": ("x=1,4", "1,4", "x=0,0", "y=1,2"),
}
OUTPUTS = (
    "exists.h5",
    "folder",
    "nowhere/out.h5",
    "pipe",
    "dangling",
    "outward",
    ".",
    "model.h5",
    "out.h5/x",
    "a" * 300,
)
"""Names that no output may take, or only with --force."""
ODD = (
    "",
    "-1",
    "0",
    "nan",
    "inf",
    "1e999",
    "x",
    "ü",
    "--",
    "99999999999999999999",
    "1e-400",
    "[",
    "a,b",
    ":",
    "*",
    "\n",
)
_FEW = {"epochs", "qat_epochs", "rounds", "runs", "count", "patience", "threads", "batch_size", "clusters", "align"}


def command_line(rng: random.Random) -> tuple[str, list[str]]:
    """A command and its words, the model's name left out; of half of them only the mixture may be wrong."""
    command = rng.choice(sorted(RECIPES))
    known = {item.name: item for item in fields(RECIPES[command])}
    wrong = rng.choice((True, False))
    words = list(rng.choice(USUAL[command][: None if wrong else 2]))
    if rng.random() < 0.5:
        words += ["--data", "data.npz"]
    for name in rng.sample(sorted(known), k=rng.choice((0, 1, 1, 1, 2, 2, 3, 5))):
        words += flag(known[name], rng, wrong)
        if not wrong:
            words += _needed(known, name, words, rng)
    if wrong and rng.random() < 0.1:
        words.insert(rng.randrange(len(words) + 1), rng.choice(("--no-such", "-x", "--", "extra", "--format", "-")))
    if rng.random() < 0.2:
        words += ["--format", rng.choice(("json", "csv", "markdown", "table", *(["xml"] if wrong else [])))]
    return command, words


def _needed(known: Mapping[str, "Field[Any]"], name: str, words: list[str], rng: random.Random) -> list[str]:
    """The flags without which a field has no effect, where they are not given yet."""
    needs = known[name].metadata.get("needs", ())
    found: list[str] = []
    if isinstance(needs, Mapping):
        needs = sorted({need for several in needs.values() for need in several})
    for need in needs:
        options = [option.split() for option in need.split(" or ") if option.split()[0] in known]
        if options and not any(recipe_flag(other) in [*words, *found] for other, *_ in options):
            other, *chosen = options[0]
            found += [recipe_flag(other), *chosen] if chosen else flag(known[other], rng, False)
            found += _needed(known, other, [*words, *found], rng)
    return found


def flag(item: "Field[Any]", rng: random.Random, wrong: bool) -> list[str]:
    """One flag with a value, right more often than not."""
    name = recipe_flag(item.name)
    if value_type(item) is bool:
        return [name]
    return [name, value(item, rng, wrong)]


def value(item: "Field[Any]", rng: random.Random, wrong: bool) -> str:
    """A value for a field, as text; a right one unless it may be wrong."""
    if wrong and rng.random() < 0.16:
        return rng.choice(ODD)
    if wrong and item.name in ("output", "tflite", "plot", "c_array") and rng.random() < 0.5:
        return rng.choice(OUTPUTS)
    plugins, choices = item.metadata.get("plugins"), item.metadata.get("choices")
    if plugins or choices:
        names = [*(catalogue(plugins) if plugins else choices), *item.metadata.get("also", ())]
        return str(rng.choice(names))
    if item.name in WORDS:
        return rng.choice(WORDS[item.name]) if wrong else WORDS[item.name][0]
    if value_type(item) is int:
        most = 3 if item.name in _FEW else 1000
        return str(rng.randint(int(max(0, item.metadata.get("within", (0, 0))[0])), most + 1))
    if value_type(item) is float:
        low, high = item.metadata.get("within", (0.0, 1.0))
        return repr(rng.uniform(max(low, 0.0), min(high, 1.0)))
    return rng.choice(("left", "*", "no*", "out/kernel", "[", "conv*")) if wrong else "out"


def recipe_file(command: str, rng: random.Random) -> str:
    """A TOML recipe with a few keys, some of the wrong type."""
    lines = []
    for item in rng.sample(fields(RECIPES[command]), k=rng.choice((1, 2, 4))):
        text = "true" if value_type(item) is bool else value(item, rng, wrong=True)
        quoted = '"' + text.replace("\\", "").replace('"', "").replace("\n", " ") + '"'
        plain = text if value_type(item) in (int, float, bool) else quoted
        wrong = ("[]", "{a = 1}", "1979-05-27", "nan", "-1", '["x", 1]', "true", quoted)
        lines.append(f"{item.name} = {plain if rng.random() < 0.8 else rng.choice(wrong)}")
    if rng.random() < 0.1:
        lines.append(rng.choice(("[table]", "x", "no_such = 1", "epochs = ", "\0", "seed = 1\nseed = 2")))
    return "\n".join(lines) + "\n"
