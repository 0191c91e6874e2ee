"""One model with its data: loaded once, changed in place, measured as often as needed."""

from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from edgeprune.contracts.data import Array, Data, Split
from edgeprune.contracts.errors import UsageError
from edgeprune.contracts.keras_model import KerasModel
from edgeprune.contracts.model import Interface, ModelGraph, WeightKey
from edgeprune.contracts.recipes.recipe import ModelRecipe
from edgeprune.contracts.results import ClassScores, Measurement
from edgeprune.dataset_io.class_scores import class_scores
from edgeprune.dataset_io.opening import open_data
from edgeprune.dataset_io.options import DataSource
from edgeprune.dataset_io.scoring import score
from edgeprune.keras_models.graphs.graph import build_graph
from edgeprune.keras_models.graphs.macs import node_macs
from edgeprune.keras_models.kerases import keras_module
from edgeprune.keras_models.live.example_inputs import random_examples, with_fixed_shapes
from edgeprune.keras_models.live.prediction import Predictor
from edgeprune.keras_models.live.variables import interface, variables, weight_specs
from edgeprune.keras_models.live.weight_counts import count_weights
from edgeprune.keras_models.loading.files import LoadedModel, load_model
from edgeprune.keras_models.training.loss_function import LossFunction
from edgeprune.pipeline.kept.kept_run import KeptRun
from edgeprune.pipeline.kept.training_store import TrainingStore
from edgeprune.pipeline.keras_energy import keras_energy_uj
from edgeprune.pipeline.model_report import SCALE, recorded_scale
from edgeprune.pipeline.reporting import Reporter


@dataclass(frozen=True, kw_only=True)
class Score:
    """What a model is worth on one part of the data."""

    metric: str
    score: float
    classes: ClassScores | None
    loss: float | None


class Session:
    """A loaded model, its graph, its data if any, and its original weights.

    `chosen` are weights that are up for pruning besides the kernels: their zeros are held and counted as well.
    `store` is where the state of its training is kept, if anywhere. `trainings` is what each training of it came to, of
    smaller models in its place too, as JSON values.
    """

    def __init__(
        self,
        loaded: LoadedModel,
        data: Data | None,
        chosen: Collection[WeightKey] = (),
        store: TrainingStore | None = None,
        trainings: list[dict[str, Any]] | None = None,
    ) -> None:
        self.loaded = loaded
        self.data = data
        self.chosen = chosen
        self.store = store
        self.trainings = [] if trainings is None else trainings

    def with_model(self, model: KerasModel) -> "Session":
        """A session of a smaller live model in the place of this one's."""
        return Session(replace(self.loaded, model=model), self.data, self.chosen, self.store, self.trainings)

    @cached_property
    def interface(self) -> Interface:
        """What the model takes and gives."""
        return interface(self.loaded.model)

    @cached_property
    def graph(self) -> ModelGraph:
        """The model as plain data."""
        model = self.loaded.model
        config = {"class_name": type(model).__name__, "config": model.get_config()}
        return build_graph(config, self.loaded.keras_major, weight_specs(model))

    @cached_property
    def predictor(self) -> Predictor:
        """The model's inference, traced once."""
        return Predictor(self.loaded.model, self.interface)

    @cached_property
    def loss(self) -> LossFunction:
        """What the model is trained for."""
        keras = keras_module(self.loaded.keras_major)
        return LossFunction(self.loaded.model, keras, self.interface, self.require_data().task)

    @property
    def prunable(self) -> dict[WeightKey, Any]:
        """The live variables whose zeros are held and counted: kernels, and what was chosen besides."""
        live = variables(self.loaded.model)
        specs = weight_specs(self.loaded.model)
        named = ((path, spec) for path, weights in specs.items() for spec in weights)
        keys = ((path, spec.name) for path, spec in named if spec.is_kernel or (path, spec.name) in self.chosen)
        return {key: live[key] for key in keys}

    def random_examples(self, count: int, seed: int) -> tuple[Array, ...]:
        """Made-up inputs that the model takes: numbers inside its tables, a length on axes that have none."""
        fixed = with_fixed_shapes(self.loaded.model, self.interface)
        return random_examples(fixed, count, seed, self.predictor.index_limits)

    @property
    def found_out(self) -> dict[str, Any]:
        """What was found out on model and data, under its keys in a result: scaling of the inputs, trainings."""
        scale = {SCALE: asdict(self.data.scale)} if self.data and self.data.scale else {}
        return scale | ({"trainings": self.trainings} if self.trainings else {})

    def require_data(self) -> Data:
        """The data; raises UsageError where none was given."""
        if self.data is None:
            raise UsageError("this command needs data", "give --data D")
        return self.data

    def score(self, split: Split) -> Score:
        """Score and loss of the model as it is now."""
        data = self.require_data()
        task = data.task
        labels, predictions = self.predictor.split(split)
        return Score(
            metric=task.metric.name,
            score=score(task, labels, predictions),
            classes=class_scores(data, labels, predictions),
            loss=self.loss.value(labels, predictions) if task.labelled else None,
        )

    def measure(self, **columns: Any) -> Measurement:
        """One row of a results table for the model as it is now; `columns` are added."""
        counts = count_weights(self.loaded.model, self.prunable)
        scored = self.score(self.data.test) if self.data else None
        return Measurement(
            **columns,
            metric=scored.metric if scored else None,
            score=scored.score if scored else None,
            class_scores=scored.classes if scored else None,
            loss=scored.loss if scored else None,
            parameters=counts.parameters,
            prunable_weights=counts.prunable_weights,
            zero_weights=counts.zero_weights,
            sparsity=counts.sparsity,
            macs=self.macs,
            energy_uj_estimate=keras_energy_uj(self.graph, self.macs, counts.parameters),
        )

    @cached_property
    def macs(self) -> int | None:
        """Multiply-accumulates for one example; None where a shape is known only at run time."""
        macs = node_macs(self.graph)
        return None if None in macs.values() else sum(count or 0 for count in macs.values())


def open_session(
    path: Path,
    opening: ModelRecipe,
    source: DataSource | None,
    reporter: Reporter,
    kept: KeptRun | None = None,
    *,
    from_scratch: bool = False,
) -> Session:
    """Load a model, and its data where there is some; `kept` is where the state of training goes.

    from_scratch: what the model answers now says nothing of the data, as it is yet to be trained.
    """
    custom = Path(opening.custom_objects) if opening.custom_objects else None
    loaded = load_model(path, custom_objects=custom, trust_model=opening.trust_model)
    for note in loaded.notes:
        reporter.note(note)
    session = Session(loaded, None, store=TrainingStore(kept) if kept else None)
    if source:
        predict = None if from_scratch else session.predictor
        options = replace(source.options, recorded=recorded_scale(path))
        session.data = open_data(source.name, session.interface, options, predict)
        tell_about_data(session.data, reporter)
    return session


def tell_about_data(data: Data, reporter: Reporter) -> None:
    """What was chosen as the data was opened, and what the user should look at."""
    for note in data.notes:
        reporter.note(note)
    for warning in data.warnings:
        reporter.warning(warning)
