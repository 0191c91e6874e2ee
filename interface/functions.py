"""One function a command. Keyword arguments are the command's flags, with `_` for `-`."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, TypeVar

from edgeprune.contracts.errors import UsageError
from edgeprune.contracts.recipes.recipe import BenchmarkRecipe, ExportRecipe, ModelRecipe, PruneRecipe, SweepRecipe
from edgeprune.interface.keywords import recipe_from, with_keywords_of
from edgeprune.interface.outcome import Outcome
from edgeprune.interface.workplace import Workplace, workplace

R = TypeVar("R", bound=ModelRecipe)


def inspect(model: Any) -> Outcome:
    """What is in a model (a path, or a live one) or a `.tflite` file, layer by layer. Raises EdgepruneError."""
    from edgeprune.pipeline.commands.inspect import inspect as run
    from edgeprune.pipeline.files.output_swap import mend

    with workplace() as place:
        path = place.model(model)
        mend([path.parent])
        return place.outcome(run(path))


@with_keywords_of(PruneRecipe)
def prune(
    model: Any, *, data: Any = None, verbose: bool = False, recipe: str | Path | None = None, **flags: Any
) -> Outcome:
    """Make a model smaller, fine-tune it, export it; `.model` of the outcome is the new one, live.

    model: a path, or a live model of either Keras, which stays as it is.
    data: a path, (x, y), (x,), ((x_train, y_train), (x_test, y_test)), a pandas frame, or one or two tf.data.Datasets.
    verbose: print notes, warnings and progress.
    recipe: TOML file with any of the options; an argument beats it.

    Nothing is written that no option names: without `output` the new model is `.model` alone. Raises EdgepruneError.
    """
    from edgeprune.pipeline.commands.prune import prune as run
    from edgeprune.pipeline.requests.prune import check_prune

    with workplace(verbose=verbose) as place:
        (path,), asked = _request(PruneRecipe, [model], {**flags, "data": data}, recipe, place)
        if asked.output is None:
            asked = replace(asked, output=str(place.new(f"pruned{path.suffix}", "output")))
        check_prune(path, asked)
        result = run(path, asked, place.messages, caches=False)
        return place.outcome(result, None if asked.dry_run else _load(path, asked, place))


def _load(original: Path, recipe: PruneRecipe, place: Workplace) -> Any:
    """The pruned model from its file, trusted as the original is."""
    from edgeprune.keras_models.loading.files import load_model

    output = Path(str(recipe.output))
    if original in place.live:
        place.live[output] = place.live[original]
    custom = Path(recipe.custom_objects) if recipe.custom_objects else None
    return load_model(output, custom_objects=custom, trust_model=recipe.trust_model).model


@with_keywords_of(SweepRecipe)
def sweep(
    model: Any, *, data: Any = None, verbose: bool = False, recipe: str | Path | None = None, **flags: Any
) -> Outcome:
    """Table of results over many thresholds, sparsities or ratios, or over several methods.

    model, data, verbose, recipe: as for `prune`. Points and lists of names may be lists: thresholds=[0.01, 0.02].

    Raises EdgepruneError.
    """
    from edgeprune.pipeline.commands.sweep import sweep as run
    from edgeprune.pipeline.requests.sweep import check_sweep

    with workplace(verbose=verbose) as place:
        (path,), asked = _request(SweepRecipe, [model], {**flags, "data": data}, recipe, place)
        check_sweep(path, asked)
        return place.outcome(run(path, asked, place.messages, caches=False))


@with_keywords_of(ExportRecipe)
def export(
    model: Any,
    tflite: str | Path | None = None,
    *,
    data: Any = None,
    verbose: bool = False,
    recipe: str | Path | None = None,
    **flags: Any,
) -> Outcome:
    """Write a `.tflite` file that is verified against the model.

    model, data, verbose, recipe: as for `prune`.
    tflite: the file to write.

    Raises EdgepruneError.
    """
    from edgeprune.pipeline.commands.export import export as run
    from edgeprune.pipeline.requests.export import check_export

    with workplace(verbose=verbose) as place:
        (path,), asked = _request(ExportRecipe, [model], {**flags, "data": data, "tflite": tflite}, recipe, place)
        check_export(path, asked)
        return place.outcome(run(path, asked, place.messages, caches=False))


@with_keywords_of(BenchmarkRecipe)
def benchmark(
    *files: Any, data: Any = None, verbose: bool = False, recipe: str | Path | None = None, **flags: Any
) -> Outcome:
    """Score, size and latency of Keras models (paths, or live ones) and `.tflite` files, side by side.

    data, verbose, recipe: as for `prune`.

    Raises EdgepruneError.
    """
    from edgeprune.pipeline.commands.benchmark import benchmark as run
    from edgeprune.pipeline.requests.benchmark import check_benchmark

    with workplace(verbose=verbose) as place:
        if not files:
            raise UsageError("benchmark needs a file", "give a model or a .tflite file")
        paths, asked = _request(BenchmarkRecipe, files, {**flags, "data": data}, recipe, place)
        check_benchmark(paths, asked)
        return place.outcome(run(paths, asked, place.messages))


MODELS = ("teacher", "original")
"""Options that name a model."""
IN_MEMORY = "in memory"
"""Stands in a recipe for what has no path yet, as other options need it."""


def _request(
    kind: type[R], models: Sequence[Any], given: Mapping[str, Any], recipe: str | Path | None, place: Workplace
) -> tuple[list[Path], R]:
    """Paths of the models, and a recipe that names files alone: what was given in memory is laid down first."""
    may_be_live = {"data", *MODELS} & {item.name for item in fields(kind)}
    live = {
        name: given[name]
        for name in may_be_live
        if given.get(name) is not None and not isinstance(given[name], str | os.PathLike)
    }
    named = {name: IN_MEMORY if name in live else value for name, value in given.items()}
    asked = recipe_from(kind, named, recipe, place.messages.note)
    paths = [place.model(model, getattr(asked, "output", None)) for model in models]
    files: dict[str, Any] = {}
    if "data" in live:
        from edgeprune.interface.given_data import lay_down

        files["data"] = str(lay_down(live["data"], place.new, lambda: _ports(paths[0])))
    for name in MODELS:
        if name in live:
            files[name] = str(place.model(live[name]))
    return paths, replace(asked, **files)


def _ports(model: Path) -> tuple[list[str], list[str]]:
    """The names of a model's inputs and outputs."""
    from edgeprune.pipeline.commands.inspect import inspect as run

    extra = run(model).extra
    return [port["name"] for port in extra["inputs"]], [port["name"] for port in extra["outputs"]]
