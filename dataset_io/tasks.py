"""What each output is for, found out from its shape and activation, the labels, and the saved loss."""

from dataclasses import dataclass

from edgeprune.contracts.data import Task
from edgeprune.contracts.errors import DataError, UsageError
from edgeprune.contracts.model import Interface, Port, Shape
from edgeprune.dataset_io import scoring
from edgeprune.dataset_io.facts import Facts
from edgeprune.dataset_io.labels import Encoding, LabelRule
from edgeprune.dataset_io.loss_names import FITTING, INTEGER_LABELS, TAKES_LOGITS, Loss, requested_loss, saved_losses
from edgeprune.dataset_io.options import DataOptions
from edgeprune.dataset_io.shapes import fitted_shape


@dataclass(frozen=True, kw_only=True)
class OutputTask:
    """One output: its kind, its loss, whether that is the saved one, and how its labels are encoded."""

    kind: str
    loss: Loss
    is_saved: bool
    rule: LabelRule


def infer_task(
    interface: Interface, facts: tuple[Facts, ...], options: DataOptions
) -> tuple[Task, tuple[LabelRule, ...], tuple[str, ...]]:
    """The task, a label rule for each output, and notes.

    `facts` are about the labels of all parts together; for `target_is_input`, about the inputs.
    Raises DataError where labels do not fit their output, UsageError where the loss or the metric does not.
    """
    wanted = None if options.loss is None else requested_loss(options.loss)
    saved = saved_losses(interface)
    outputs = tuple(
        _output_task(port, fact, own, wanted, options.target_is_input)
        for port, fact, own in zip(interface.outputs, facts, saved, strict=True)
    )
    kinds = tuple(output.kind for output in outputs)
    losses = tuple(output.loss for output in outputs)
    scored = scoring.for_outputs(options.metric, kinds, tuple(loss.from_logits for loss in losses))
    use_saved = all(output.is_saved for output in outputs)
    task = Task(
        kinds=kinds,
        losses=tuple(loss.name for loss in losses),
        from_logits=tuple(loss.from_logits for loss in losses),
        saved_loss=use_saved,
        metric=next(metric for metric in scored if metric is not None),
        output_metrics=scored,
    )
    notes = [] if use_saved else [_loss_note(outputs, options, _why_not_saved(interface, saved))]
    notes += scoring.notes(interface, kinds, scored, facts)
    return task, tuple(output.rule for output in outputs), tuple(notes)


def _output_task(port: Port, facts: Facts, saved: Loss | None, wanted: str | None, own_input: bool) -> OutputTask:
    assumed = wanted or (saved.name if saved else None)
    kind = "reconstruction" if own_input else _kind(port, facts, assumed)
    if wanted and wanted not in FITTING[kind]:
        raise UsageError(
            f"--loss {wanted} does not fit output {port.name!r}, which is {kind}",
            f"choose one of {', '.join(sorted(FITTING[kind]))}",
        )
    is_saved = saved is not None and not wanted and saved.name in FITTING[kind]
    loss = saved if is_saved and saved else _own_loss(port, facts, kind, wanted)
    return OutputTask(kind=kind, loss=loss, is_saved=is_saved, rule=_label_rule(port, facts, kind, loss))


def _kind(port: Port, facts: Facts, loss: str | None) -> str:
    """Kind of task of one output; the loss only decides where shape, activation and labels leave it open."""
    if not port.shape or port.shape[-1] == 1:
        return _kind_of_single(port, facts, loss)
    if _are_class_numbers(facts.shape, port.shape):
        _check_class_numbers(port, facts)
        return "multiclass"
    if fitted_shape(facts.shape, port.shape) is None:
        raise DataError(
            f"output {port.name!r} gives {port.shape} for one example, the labels have {facts.shape}",
            f"give class numbers of shape {port.shape[:-1]}, or labels of shape {port.shape}",
        )
    if port.activation == "softmax" and facts.distribution:
        return _checked_classes("multiclass", port, facts)
    zero_one = facts.whole and facts.minimum >= 0 and facts.maximum <= 1
    if not zero_one or (loss in ("mean_squared_error", "mean_absolute_error") and not facts.one_hot):
        return "regression"
    if (facts.one_hot and port.activation != "sigmoid") or loss in ("categorical_crossentropy", INTEGER_LABELS):
        return _checked_classes("multiclass", port, facts)
    return "multilabel"


def _kind_of_single(port: Port, facts: Facts, loss: str | None) -> str:
    if fitted_shape(facts.shape, port.shape) is None and not _same_without_last(facts.shape, port.shape):
        raise DataError(
            f"output {port.name!r} gives {port.shape} for one example, the labels have {facts.shape}",
            "give one number for each example (class numbers or 0 and 1, not one-hot rows)",
        )
    zero_one = facts.whole and facts.minimum >= 0 and facts.maximum <= 1
    if zero_one and port.activation in ("sigmoid", "linear", None):
        return _checked_classes("binary", port, facts)
    tells_two_apart = port.activation == "sigmoid" if loss is None else "crossentropy" in loss
    if tells_two_apart and facts.whole:
        raise DataError(
            f"labels of output {port.name!r} run from {facts.minimum:g} to {facts.maximum:g}, expected 0 and 1",
            "give labels of 0 and 1, or another --loss",
        )
    return "regression"


def _are_class_numbers(labels: Shape, output: Shape) -> bool:
    return _same_without_last(labels, output) or (_same_without_last(labels[:-1], output) and labels[-1:] == (1,))


def _same_without_last(labels: Shape, output: Shape) -> bool:
    places = output[:-1]
    return len(labels) == len(places) and all(a == b or None in (a, b) for a, b in zip(labels, places, strict=True))


def _check_class_numbers(port: Port, facts: Facts) -> None:
    units = port.shape[-1]
    if not facts.whole:
        raise DataError(
            f"labels of output {port.name!r} are fractions ({facts.minimum:g} to {facts.maximum:g}), "
            f"expected the numbers of {units} classes",
            f"give whole numbers from 0 to {units - 1 if units else '…'}, or --label the right column",
        )
    wrong = facts.minimum if facts.minimum < 0 else facts.maximum
    if facts.minimum < 0 or (units is not None and facts.maximum >= units):
        raise DataError(
            f"label {wrong:g} is out of range: output {port.name!r} has {units} classes",
            f"give labels from 0 to {units - 1 if units else '…'}",
        )
    _checked_classes("multiclass", port, facts)


def _checked_classes(kind: str, port: Port, facts: Facts) -> str:
    counts = class_counts(facts)
    if len([count for count in counts.values() if count]) == 1:
        raise DataError(
            f"all {facts.count} labels of output {port.name!r} are class {next(iter(counts))}",
            "give data with two classes or more: with one, every score is meaningless",
        )
    return kind


def class_counts(facts: Facts) -> dict[int, int]:
    """How many labels there are of each class."""
    return dict(facts.column_counts if facts.one_hot else facts.value_counts)


def _own_loss(port: Port, facts: Facts, kind: str, wanted: str | None) -> Loss:
    usual = {
        "binary": "binary_crossentropy",
        "multilabel": "binary_crossentropy",
        "multiclass": "categorical_crossentropy" if facts.distribution else INTEGER_LABELS,
    }
    name = wanted or usual.get(kind, "mean_squared_error")
    return Loss(name=name, from_logits=name in TAKES_LOGITS and port.activation == "linear")


def _label_rule(port: Port, facts: Facts, kind: str, loss: Loss) -> LabelRule:
    encoding: Encoding = "number"
    shape = port.shape
    has_rows = not _are_class_numbers(facts.shape, port.shape)
    if kind == "multiclass" and loss.name == INTEGER_LABELS:
        encoding, shape = ("one-hot to class" if has_rows else "class"), port.shape[:-1]
    elif kind == "multiclass" and not has_rows:
        encoding, shape = "class to one-hot", port.shape[:-1]
    if kind == "reconstruction" and fitted_shape(facts.shape, port.shape) is None:
        raise DataError(
            f"--target input: output {port.name!r} gives {port.shape}, the input has {facts.shape}",
            "this model does not reconstruct its input: leave --target out",
        )
    classes = (port.shape[-1] or int(facts.maximum) + 1) if encoding == "class to one-hot" else 0
    return LabelRule(encoding=encoding, shape=shape, classes=classes)


def _why_not_saved(interface: Interface, saved: tuple[Loss | None, ...]) -> str:
    if interface.loss is None:
        return "none is saved with the model"
    if None in saved:
        return "the saved loss is not one of Keras's own"
    return "the saved loss does not fit these labels"


def _loss_note(outputs: tuple[OutputTask, ...], options: DataOptions, why_not_saved: str) -> str:
    names = ", ".join(o.loss.name + (" (from logits)" if o.loss.from_logits else "") for o in outputs)
    return f"loss: {names} ({'--loss' if options.loss else f'{why_not_saved}; --loss names another'})"
