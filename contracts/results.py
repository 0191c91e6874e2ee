"""Rows of the results tables, under the names of the JSON contract. What was not measured is None, never 0."""

import json
import re
from dataclasses import asdict, dataclass, field
from typing import Any

SCHEMA_VERSION = 1
FLAT_LIST = re.compile(r'\[\n(?:\s*(?:"(?:[^"\\]|\\.)*"|[^\s"\[\]{},]+),?\n)+\s*\]')
"""A list of numbers or texts in indented JSON, an entry a line."""


@dataclass(frozen=True, kw_only=True)
class LayerReport:
    """One row of the per-layer report; every layer of the model has one.

    `status` is `pruned` or `skipped`, with the `reason`. `units_before` and `units_after` count neurons or
    channels, and are None where the layer has none.
    """

    name: str
    kind: str
    weights: int
    zeros: int
    units_before: int | None = None
    units_after: int | None = None
    status: str
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class LayerDetail(LayerReport):
    """A row of `inspect`: `status` is `prunable` or `skipped`, `weights` and `zeros` count kernel weights.

    `parameters` are all weights of the layer, `share` their part of the model's bytes (0..1), `macs` for one
    example. `output_shape` starts with the batch axis; None where it, or `macs`, is known only at run time.
    """

    parameters: int
    share: float
    macs: int | None
    output_shape: tuple[int | None, ...] | None


@dataclass(frozen=True, kw_only=True)
class ClassScores:
    """Of each class its name, how many examples the test part has, and which share of them is answered rightly.

    None for a class without examples.
    """

    names: tuple[str, ...]
    examples: tuple[int, ...]
    scores: tuple[float | None, ...]


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One row: a stage of `prune`, a point of `sweep`, or a file of `export` and `benchmark`."""

    stage: str | None = None
    method: str | None = None
    threshold: float | None = None
    sparsity_target: float | None = None
    ratio: float | None = None
    file: str | None = None
    quantize: str | None = None
    sparse: bool | None = None
    metric: str | None = None
    score: float | None = None
    class_scores: ClassScores | None = None
    loss: float | None = None
    parameters: int | None = None
    prunable_weights: int | None = None
    zero_weights: int | None = None
    sparsity: float | None = None
    macs: int | None = None
    model_bytes: int | None = None
    tflite_bytes: int | None = None
    tflite_gzip_bytes: int | None = None
    latency_ms_p50: float | None = None
    latency_ms_p90: float | None = None
    energy_uj_estimate: float | None = None
    """Microjoules for one example by a published table; never a measurement."""
    energy_uj_measured: float | None = None
    training_s: float | None = None
    max_abs_error: float | None = None
    arena_bytes: int | None = None
    micro_score: float | None = None
    """Score in TFLite Micro, on at most 1,000 examples of the test part."""
    load_ms: float | None = None
    peak_memory_bytes: int | None = None
    trainings: list[dict[str, Any]] | None = None
    """Of a point of a sweep: what each of its trainings came to, as JSON values."""

    @property
    def point(self) -> float | None:
        """What a point of a sweep sets: the threshold, the sparsity or the ratio; None for other rows."""
        return next((value for value in (self.threshold, self.sparsity_target, self.ratio) if value is not None), None)

    def as_row(self) -> dict[str, Any]:
        """The row as plain JSON values, every key present; of the classes only the scores."""
        classes = self.class_scores
        return asdict(self) | {"class_scores": classes and list(classes.scores)}


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a command found out: the object that `--format json` prints."""

    command: str
    model: str
    recipe: dict[str, Any] = field(default_factory=dict)
    rows: tuple[Measurement, ...] = ()
    layers: tuple[LayerReport, ...] = ()
    outputs: dict[str, str] = field(default_factory=dict)
    """What was written: role (`model`, `tflite`, `report`, `plot`) to path."""
    extra: dict[str, Any] = field(default_factory=dict)
    """Keys of one command alone (`inspect`: who saved the file, operators, …)."""
    interrupted: bool = False
    """Whether Ctrl-C ended the work early; what was reached by then is here."""

    def as_json(self) -> dict[str, Any]:
        """The object of the JSON contract."""
        return {
            "schema_version": SCHEMA_VERSION,
            "command": self.command,
            "model": self.model,
            "recipe": self.recipe,
            "rows": [row.as_row() for row in self.rows],
            "classes": self._classes(),
            "layers": [asdict(layer) for layer in self.layers],
            "outputs": self.outputs,
            "interrupted": self.interrupted,
            **self.extra,
        }

    def to_json(self) -> str:
        """The same as text, as `--format json` prints it: a list of numbers or names is one line."""
        text = json.dumps(self.as_json(), indent=2)
        return FLAT_LIST.sub(lambda found: re.sub(r"\n\s*", "", found[0].replace(",\n", ", \n")), text)

    def _classes(self) -> dict[str, list[Any]] | None:
        """Names and numbers of examples of the classes, in the order of the rows' `class_scores`."""
        known = next((row.class_scores for row in self.rows if row.class_scores), None)
        return None if known is None else {"names": list(known.names), "examples": list(known.examples)}
