"""Open the user's data: find its form, read it, split it, and prepare it for one model."""

from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np

from edgeprune.contracts.data import Data, Task
from edgeprune.contracts.errors import DataError
from edgeprune.contracts.model import Interface
from edgeprune.contracts.plugins import catalogue, forms, load
from edgeprune.contracts.wording import did_you_mean
from edgeprune.dataset_io.agreement import NOTE, answered, unlabelled_task
from edgeprune.dataset_io.class_scores import class_names
from edgeprune.dataset_io.examples import SEVERAL_ARRAYS
from edgeprune.dataset_io.facts import Facts, merged
from edgeprune.dataset_io.labels import LabelRule
from edgeprune.dataset_io.options import DataOptions
from edgeprune.dataset_io.part_shapes import check_parts
from edgeprune.dataset_io.parts import Part, RawData
from edgeprune.dataset_io.preprocess import InputRule, Preparation, input_rules
from edgeprune.dataset_io.suitability.suiting import Unscaled, suit
from edgeprune.dataset_io.suitability.trial import Predict
from edgeprune.dataset_io.tasks import infer_task

FORMATS = "edgeprune.dataset_io.formats"

_MOST_VALIDATION = 5000


def open_data(source: str, interface: Interface, options: DataOptions, predict: Predict | None = None) -> Data:
    """The data at `source` (a path or a Keras data set's name), split, and shaped and scaled for one model.

    Where there is only a test part, `train` and `validation` are empty (size 0). `predict` is the model: with it,
    `--scale auto` is decided by its answers, and answers no better than chance are a warning; without labels,
    they are what scores are against. Raises DataError for data that is missing, damaged or does not fit the model,
    UsageError for options that do not fit it.
    """
    raw = _read(source, interface, options)
    parts = [part for part in (raw.train, raw.test) if part is not None]
    inputs = tuple(merged(facts) for facts in zip(*(part.input_facts for part in parts), strict=True))
    rules, shaping = input_rules(interface, inputs)
    task, label_rules, choices = _task(source, interface, _label_facts(parts, inputs, rules, options), options)
    train, validation, test, division = _divide(source, raw, options)
    suited = suit(
        Unscaled(
            part=train if train.size else test,
            origin="training" if train.size else "test",
            interface=interface,
            facts=inputs,
            preparation=Preparation(inputs=rules, labels=label_rules, target_is_input=options.target_is_input),
            task=task,
        ),
        options,
        None if options.unlabelled else predict,
    )
    data = Data(
        train=train.split(suited.preparation),
        validation=validation.split(suited.preparation),
        test=test.split(suited.preparation),
        task=task,
        seed=options.seed,
        class_names=class_names(interface, task.kinds, raw.class_names),
        scale=suited.scale,
        notes=(*raw.notes, division, *shaping, *suited.notes, *choices),
        warnings=(*raw.warnings, *suited.warnings),
    )
    return answered(data, predict) if options.unlabelled and predict else data


def _read(source: str, interface: Interface, options: DataOptions) -> RawData:
    data_format = find_format(source)
    _check_arrays(source, data_format, interface)
    raw: RawData = data_format.read(source, interface, options)
    if raw.train and raw.test:
        check_parts(source, raw.train, raw.test, interface)
    return raw


def _task(
    source: str, interface: Interface, labels: tuple[Facts, ...], options: DataOptions
) -> tuple[Task, tuple[LabelRule, ...], tuple[str, ...]]:
    if options.unlabelled:
        return unlabelled_task(interface), (), (NOTE,)
    _check_label_count(source, interface, labels, options)
    return infer_task(interface, labels, options)


def _label_facts(
    parts: list[Part], inputs: tuple[Facts, ...], rules: tuple[InputRule, ...], options: DataOptions
) -> tuple[Facts, ...]:
    """Facts about what the model's answers are compared to: the labels, or the inputs themselves."""
    if options.target_is_input:
        return tuple(replace(fact, shape=rule.shape) for fact, rule in zip(inputs, rules, strict=True))
    return tuple(merged(facts) for facts in zip(*(part.label_facts for part in parts), strict=True))


def find_format(source: str) -> ModuleType:
    """The plug-in that reads a source, told by its name and what lies there; raises DataError where none does."""
    for name in catalogue(FORMATS):
        module = load(FORMATS, name)
        if module.matches(source):
            return module
    path = Path(source)
    if path.is_dir():
        inside = sorted(entry.name for entry in path.iterdir())
        found = (
            f"a folder of {', '.join(inside[:3])}{', …' if len(inside) > 3 else ''}" if inside else "an empty folder"
        )
    elif path.exists():
        found = f"a {path.suffix or 'nameless'} file"
    else:
        found = "no file or folder"
        hint = did_you_mean(source, load(FORMATS, "keras-name").NAMES)
        if hint:
            raise DataError(f"--data {source!r} is no file, folder or Keras data set", hint)
    raise DataError(f"--data {source!r} is {found}", f"give {'; '.join(forms(FORMATS))}")


def _check_arrays(source: str, data_format: ModuleType, interface: Interface) -> None:
    """Raise DataError where the model has several inputs or outputs, and the format holds one of each."""
    if (len(interface.inputs), len(interface.outputs)) == (1, 1) or SEVERAL_ARRAYS in data_format.HOLDS:
        return
    able = [name for name in catalogue(FORMATS) if SEVERAL_ARRAYS in load(FORMATS, name).HOLDS]
    raise DataError(
        f"{source} holds one input and one output, the model has {len(interface.inputs)} inputs and "
        f"{len(interface.outputs)} outputs",
        f"give {'; '.join(forms(FORMATS, able))}",
    )


def _check_label_count(source: str, interface: Interface, labels: tuple[Facts, ...], options: DataOptions) -> None:
    if len(labels) == len(interface.outputs):
        return
    what = "inputs to rebuild" if options.target_is_input else "arrays of labels"
    names = ", ".join(port.name for port in interface.outputs)
    raise DataError(
        f"{source} gives {len(labels)} {what}, the model has {len(interface.outputs)} outputs ({names})",
        "use an .npz with y_NAME for each output" if not options.target_is_input else "leave --target out",
    )


def _divide(source: str, raw: RawData, options: DataOptions) -> tuple[Part, Part, Part, str]:
    """Train, validation and test part, and a note on where they came from."""
    generator = np.random.default_rng(options.split_seed)
    pool, test, origin = raw.train, raw.test, "from its own part"
    if pool is None:
        if test is None:
            raise DataError(f"{source} holds no examples", "give a training part, a test part, or both")
        nothing = test.take(np.arange(0))
        return nothing, nothing, test, f"data: {test.size} test examples and none to train on"
    if test is None:
        _require(source, pool, 3)
        count = min(max(1, round(pool.size * options.validation_split)), pool.size - 2)
        pool, test = _hold_out(pool, count, generator)
        origin = f"{options.validation_split:g} of all, chosen at random"
    _require(source, pool, 2)
    train, validation = _hold_out(pool, min(max(1, pool.size // 10), _MOST_VALIDATION), generator)
    note = f"data: {train.size} training and {validation.size} validation examples, {test.size} test ({origin})"
    return train, validation, test, note


def _hold_out(part: Part, count: int, generator: np.random.Generator) -> tuple[Part, Part]:
    """The rest, and `count` examples chosen at random; both keep their order."""
    order = generator.permutation(part.size)
    return part.take(np.sort(order[count:])), part.take(np.sort(order[:count]))


def _require(source: str, part: Part, least: int) -> None:
    if part.size < least:
        raise DataError(
            f"{source} has too few examples to split: {part.size}",
            f"give at least {least}, for training, validation and test",
        )
