"""Prepare the data as the model was trained: by `--scale`, or by how it answers; and say where it does not answer."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from edgeprune.contracts.data import Array, Split, Task
from edgeprune.contracts.model import Interface
from edgeprune.contracts.scale import Scale
from edgeprune.dataset_io.facts import Facts
from edgeprune.dataset_io.options import DataOptions
from edgeprune.dataset_io.parts import Part
from edgeprune.dataset_io.preprocess import InputRule, Preparation
from edgeprune.dataset_io.samples import drawn
from edgeprune.dataset_io.scaling import conventions, is_pixels, scaling_for
from edgeprune.dataset_io.suitability.chance import chance_warning
from edgeprune.dataset_io.suitability.class_order import other_order
from edgeprune.dataset_io.suitability.scale_choice import Choice, choose_scale, scores
from edgeprune.dataset_io.suitability.trial import FEW_EXAMPLES, MOST_EXAMPLES, Predict, Trial

_READ = 64
_FEWEST, _VALUES = 512, 2_000_000
"""Examples for the means and deviations of `standard`: as many as hold this many values, at least the first number."""
_GUESSED = "without labels nothing tells how the inputs were scaled in training, so --scale auto takes"
_MOST_VALUES = 50_000_000
"""Values of inputs and answers of the examples that the model is tried on; they are in memory at once."""


@dataclass(frozen=True, kw_only=True)
class Suited:
    """How the data is prepared, how its inputs are scaled (None: each in its own way), and what is to be said."""

    preparation: Preparation
    scale: Scale | None
    notes: tuple[str, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Unscaled:
    """Data that fits the model's shapes and types: `part` is what may be looked at, of the `origin` part."""

    part: Part
    origin: str
    interface: Interface
    facts: tuple[Facts, ...]
    preparation: Preparation
    task: Task

    def as_stored(self) -> Split:
        """The part with its inputs as they are; labels as the loss takes them."""
        rules = tuple(InputRule(shape=fact.shape, dtype=fact.dtype) for fact in self.facts)
        labels = () if self.preparation.target_is_input else self.preparation.labels
        return self.part.split(Preparation(inputs=rules, labels=labels))


def suit(data: Unscaled, options: DataOptions, predict: Predict | None) -> Suited:
    """Scale the data as asked, or, with `auto`, as the model answers best; without `predict` in the usual way."""
    in_use = _names(data)
    options = _decided(options, in_use)
    names = in_use if options.scale == "auto" else (str(options.scale),)
    stored = data.as_stored()
    ways = {name: _scaled(data, name, stored, options) for name in (names if predict else names[:1])}
    if predict is None:
        guessed = options.unlabelled and options.scale == "auto"
        scale = None if guessed else _scale(names[0], in_use, options, data)
        notes = _notes(data, ways[names[0]], options, None)
        if guessed and len(in_use) > 1:
            notes += (f"{_GUESSED} {names[0]}, the usual one; --scale names another",)
        return Suited(preparation=ways[names[0]], scale=scale, notes=notes)
    trial = _trial(data, stored, options, predict)
    choice = choose_scale(trial, ways)
    orders = [other_order(trial, answers) for answers in choice.answers.values()]
    order = next((found for found in orders if found), None)
    if order:
        choice = choose_scale(trial.relabelled(order.output, order.relabelled), ways)
    warning = order.warning() if order else chance_warning(trial, choice.chosen, names)
    return Suited(
        preparation=ways[choice.name],
        scale=_scale(choice.name, in_use, options, data),
        notes=_notes(data, ways[choice.name], options, choice),
        warnings=(warning,) if warning else (),
    )


def _decided(options: DataOptions, in_use: tuple[str, ...]) -> DataOptions:
    """With a scale: the given one, else the recorded one where that is of values for which the same are in use."""
    recorded = options.recorded if options.scale is None else None
    if recorded and recorded.conventions != in_use:
        recorded = None
    return replace(options, scale=recorded.name if recorded else options.scale or "auto", recorded=recorded)


def _scale(name: str, in_use: tuple[str, ...], options: DataOptions, data: Unscaled) -> Scale | None:
    if len(in_use) == 1 or (options.scale == "auto" and len(data.facts) > 1):
        return None
    return Scale(name=name, conventions=in_use)


def _trial(data: Unscaled, stored: Split, options: DataOptions, predict: Predict) -> Trial:
    answer = sum(math.prod(length or 1 for length in port.shape) for port in data.interface.outputs)
    most = _MOST_VALUES // (_example_values(stored) + answer)
    count = max(FEW_EXAMPLES, min(MOST_EXAMPLES, most))
    generator = np.random.default_rng([options.split_seed, *b"suitability"])
    chosen = drawn(stored, data.task.kinds, count, generator, of_each=count)
    batches = [*stored.batches(_READ, chosen)]
    inputs, labels = (tuple(map(np.concatenate, zip(*arrays, strict=True))) for arrays in zip(*batches, strict=True))
    order = generator.permutation(len(chosen))
    return Trial(
        inputs=tuple(array[order] for array in inputs),
        labels=tuple(array[order] for array in labels),
        task=data.task,
        predict=predict,
        origin=data.origin,
    )


def _names(data: Unscaled) -> tuple[str, ...]:
    """Conventions that are in use for one of the inputs at least, the usual one first."""
    if data.interface.scales_itself:
        return ("none",)
    each = [conventions(port, facts) for port, facts in zip(data.interface.inputs, data.facts, strict=True)]
    usual = sorted((names[0] for names in each), key=lambda name: name == "none")
    return tuple(dict.fromkeys([usual[0], *(name for names in each for name in names)]))


def _scaled(data: Unscaled, name: str, stored: Split, options: DataOptions) -> Preparation:
    """The data scaled by one convention; with `auto`, an input that it is not in use for is scaled as usual."""
    rules = []
    for number, (port, facts, rule) in enumerate(
        zip(data.interface.inputs, data.facts, data.preparation.inputs, strict=True)
    ):
        own = conventions(port, facts)
        fitting = name if options.scale != "auto" or name in own else own[0]
        batches = (inputs[number] for inputs in _some(stored, options.split_seed))
        rules.append(replace(rule, scaling=scaling_for(fitting, port, facts, batches)))
    return replace(data.preparation, inputs=tuple(rules))


def _some(stored: Split, seed: int) -> Iterator[tuple[Array, ...]]:
    """Inputs of some examples, drawn at random, in batches."""
    count = max(_FEWEST, _VALUES // _example_values(stored))
    chosen = np.sort(np.random.default_rng([seed, *b"statistics"]).permutation(stored.size)[:count])
    for inputs, _ in stored.batches(_READ, chosen):
        yield inputs


def _example_values(stored: Split) -> int:
    """Values of all inputs of one example."""
    (first, _) = next(stored.batches(1, np.arange(1)))
    return sum(array.size for array in first)


def _notes(data: Unscaled, prepared: Preparation, options: DataOptions, choice: Choice | None) -> tuple[str, ...]:
    notes = []
    for port, facts, rule in zip(data.interface.inputs, data.facts, prepared.inputs, strict=True):
        where = f"input {port.name!r}: " if len(data.facts) > 1 else ""
        found = f"{where}values from {facts.minimum:g} to {facts.maximum:g} {rule.scaling.words}"
        if options.scale != "auto" or (choice and len(choice.answers) > 1):
            origin = ", as recorded beside the model; --scale auto finds it anew" if options.recorded else ""
            notes.append(f"{found} (--scale {rule.scaling.name}{origin})")
        elif is_pixels(port, facts):
            itself = data.interface.scales_itself
            notes.append(
                f"{found}: the model scales them itself" if itself else f"{found} (--scale none turns this off)"
            )
    if choice and len(choice.answers) > 1:
        notes.append(f"scalings tried on {data.origin} examples, with {scores(choice)}")
    return tuple(notes)
