"""From a session's model to the bytes of a verified .tflite file, with what it is worth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from edgeprune.contracts.data import Array, Split
from edgeprune.contracts.keras_model import KerasModel
from edgeprune.contracts.recipes.parts import ExportOptions
from edgeprune.contracts.recipes.recipe import NumericsRecipe
from edgeprune.contracts.results import ClassScores
from edgeprune.dataset_io.samples import some_examples
from edgeprune.keras_models.live.prediction import Predictor
from edgeprune.keras_models.tfmot import WRAPPED
from edgeprune.pipeline.files.file_scores import MicroScore, checked_score, micro_batch, micro_score, score_file
from edgeprune.pipeline.quality import check_arena
from edgeprune.pipeline.session import Session
from edgeprune.tflite_export.contents.float_weights import float_weights
from edgeprune.tflite_export.contents.reader import read_tflite
from edgeprune.tflite_export.contents.sizes import gzip_bytes
from edgeprune.tflite_export.conversion.convert import Converter
from edgeprune.tflite_export.devices.micro import MicroCheck, check_micro
from edgeprune.tflite_export.runtimes.energy import file_energy_uj
from edgeprune.tflite_export.runtimes.energy_counters import find_counters
from edgeprune.tflite_export.runtimes.measure import energy_a_run_uj, latency
from edgeprune.tflite_export.sparse.storage_choice import store
from edgeprune.tflite_export.verification.verify import FEWEST_EXAMPLES, Verification, verify

VERIFIED_EXAMPLES = 64
CALIBRATION_EXAMPLES = 256


@dataclass(frozen=True, kw_only=True)
class Exported:
    """A verified file, not yet written. `score` and `class_scores` are the file's own, on the test part; None without
    data.

    `validation_change` is how much higher its score on the validation part is than the model's, where files are chosen
    by that.

    `note` says how zeros are stored, empty where there are none.

    `micro` is None unless the file is for TFLite Micro; so is `micro_score`, which takes data too.
    """

    quantize: str
    data: bytes
    verification: Verification
    sparse: bool
    note: str
    score: float | None = None
    class_scores: ClassScores | None = None
    right: Array | None = None
    """Which examples of the test part it answers rightly (`right_answers`)."""
    validation_change: float | None = None
    micro: MicroCheck | None = None
    micro_score: MicroScore | None = None
    float_weights: Mapping[str, int] = field(default_factory=dict)
    """Of a model that was trained with rounding: layers that kept their weights in float, with the bytes of these."""

    @property
    def numeric(self) -> str:
        """What the file is made of, as tables name it."""
        return f"{self.quantize}+float32" if self.float_weights else self.quantize

    @property
    def arena_bytes(self) -> int | None:
        """Memory that TFLite Micro takes; None where it did not run."""
        return self.micro.arena_bytes if self.micro else None

    def columns(self) -> dict[str, Any]:
        """What the file adds to a row of a results table."""
        return {
            "quantize": self.numeric,
            "sparse": self.sparse,
            "score": self.score,
            "class_scores": self.class_scores,
            "loss": None,
            "max_abs_error": self.verification.max_abs_error,
            "arena_bytes": self.arena_bytes,
            "micro_score": self.micro_score.micro if self.micro_score else None,
            **size_columns(self.data),
        }


class Exporter:
    """Converts a session's model, as it is at that moment, to verified files; traces the model once.

    `rounded` is a Keras 2 model that was trained with the rounding of int8, to be converted in its place; `clustered`
    says that the kernels have few different values.
    """

    def __init__(
        self, session: Session, seed: int = 0, rounded: KerasModel | None = None, *, clustered: bool = False
    ) -> None:
        self._session = session
        self._clustered = clustered
        self._rounded = rounded
        self._predictor = session.predictor if rounded is None else Predictor(rounded, session.interface)
        self._converter = Converter(session.loaded.model if rounded is None else rounded, session.interface)
        self._seed = seed

    def __enter__(self) -> "Exporter":
        return self

    def __exit__(self, *_: object) -> None:
        self._converter.close()

    def convert(self, quantize: str, options: NumericsRecipe) -> bytes:
        """Convert the model as it is now; not verified."""
        return self._converter.convert(
            quantize,
            calibration=self._calibration,
            io=options.io,
            allow_flex=options.allow_flex,
            keep_float=options.keep_float,
            trained=self._rounded is not None,
            clustered=self._clustered,
        )

    def export(
        self, quantize: str, options: ExportOptions, model_score: float | None = None, part: Split | None = None
    ) -> Exported:
        """Convert and verify; where the model's own score is given, the file is scored too.

        Both scores are of one part of the data: the validation part if that is given as `part`, else the test part.

        For TFLite Micro it is run in TFLite Micro besides.
        Raises ExportError where the model cannot be converted or the file computes something else, QualityGateError
        where it takes more than its `max_arena`.
        """
        sparse = "off" if options.micro else options.sparse  # TFLite Micro reads weights only dense
        stored = store(self.convert(quantize, options), sparse, quantize, self._examples)
        data = stored.data
        verification = verify(data, self._predictor, self._examples, quantize)
        micro, scored = self._micro(quantize, options, data, model_score is not None)
        found = tested = None
        if model_score is not None:
            found = checked_score(quantize, options, self._session.require_data(), data, model_score, part)
            tested = found if part is None else score_file(self._session.require_data(), data)
        return Exported(
            quantize=quantize,
            data=data,
            verification=verification,
            sparse=stored.sparse,
            note=stored.note,
            score=tested.score if tested else None,
            class_scores=tested.classes if tested else None,
            right=tested.right if tested else None,
            validation_change=None
            if part is None or found is None or model_score is None
            else found.score - model_score,
            micro=micro,
            micro_score=scored,
            float_weights=self._float_weights(data),
        )

    def _float_weights(self, data: bytes) -> dict[str, int]:
        """Of a model that was trained with rounding; its wrapped layers go by the names of what they wrap."""
        if self._rounded is None:
            return {}
        names = {layer.name for layer in self._rounded._flatten_layers(include_self=False)}
        return {name.removeprefix(WRAPPED): size for name, size in float_weights(data, names).items()}

    def _micro(
        self, quantize: str, options: ExportOptions, data: bytes, scored: bool
    ) -> tuple[MicroCheck | None, MicroScore | None]:
        """What a file comes to in TFLite Micro, and its score there where the model has one."""
        if not options.micro:
            return None, None
        batch = micro_batch(self._session.require_data(), data) if scored else None
        checked = check_micro(data, self._examples, quantize, batch[0] if batch else None)
        check_arena(options.max_arena, checked.arena_bytes)
        if batch is None:
            return checked, None
        return checked, micro_score(options, self._session.require_data().task, data, batch, checked.scored)

    @cached_property
    def _calibration(self) -> tuple[Array, ...] | None:
        """Real inputs to quantize by."""
        data = self._session.data
        return some_examples(data, CALIBRATION_EXAMPLES, "calibration") if data else None

    @cached_property
    def _examples(self) -> tuple[Array, ...]:
        """What a file is verified on."""
        session = self._session
        if session.data:
            real = some_examples(session.data, VERIFIED_EXAMPLES, "verification")
            # A small part is gone through again and again.
            return tuple(np.resize(array, (max(len(array), FEWEST_EXAMPLES), *array.shape[1:])) for array in real)
        return session.random_examples(VERIFIED_EXAMPLES, self._seed)


def unpruned_file(session: Session, *, allow_flex: bool) -> bytes:
    """The model as float32 .tflite, which tables compare with."""
    with Exporter(session) as exporter:
        return exporter.convert("none", NumericsRecipe(allow_flex=allow_flex))


def size_columns(data: bytes) -> dict[str, Any]:
    """Raw and compressed size of a file, and the energy that is estimated from it, under the names of the tables."""
    return {
        "tflite_bytes": len(data),
        "tflite_gzip_bytes": gzip_bytes(data),
        "energy_uj_estimate": energy_estimate_uj(data),
    }


def energy_estimate_uj(data: bytes) -> float | None:
    """Microjoules of one run of a file, estimated; None where a loop has an unknown number of steps."""
    return file_energy_uj(read_tflite(data, "the .tflite file"))


def measured_energies(files: Sequence[bytes], threads: int = 1) -> list[float | None]:
    """Microjoules of one run of each file, where this machine counts them (`runtimes/energy_counters.py`)."""
    counters = find_counters()
    return [energy_a_run_uj(data, counters, threads=threads) if counters else None for data in files]


def latency_columns(
    files: Sequence[bytes], threads: int = 1, runs: int = 200, seconds: float = 2.0
) -> list[dict[str, Any]]:
    """Latencies of files that are measured in turns, under the names of the results tables."""
    named = {str(index): data for index, data in enumerate(files)}
    measured = latency(named, threads=threads, runs=runs, seconds=seconds)
    return [{"latency_ms_p50": measured[name].p50_ms, "latency_ms_p90": measured[name].p90_ms} for name in named]
