"""What the results of a command are compared with: the user's original, which need not be the model at hand."""

from dataclasses import dataclass
from pathlib import Path

from edgeprune.contracts.errors import EdgepruneError, ModelError
from edgeprune.contracts.recipes.recipe import ModelRecipe
from edgeprune.contracts.results import Measurement
from edgeprune.dataset_io.agreement import answered
from edgeprune.keras_models.loading.files import load_model
from edgeprune.pipeline.files.exporting import unpruned_file
from edgeprune.pipeline.files.model_paths import size_of
from edgeprune.pipeline.original import Original
from edgeprune.pipeline.reporting import Reporter
from edgeprune.pipeline.session import Session


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """Rows that stand first: the original's, and the given model's where that is another; `file` is the original's
    float32 .tflite, empty where none is asked for.
    """

    rows: tuple[Measurement, ...]
    file: bytes

    @property
    def original(self) -> Measurement:
        """The row that changes are told against."""
        return self.rows[0]

    @property
    def given(self) -> Measurement:
        """The row of the model at hand."""
        return self.rows[-1]


def baseline(
    session: Session, original: Original | None, opening: ModelRecipe, reporter: Reporter, *, allow_flex: bool | None
) -> Baseline:
    """Measure the model at hand, and the original where one is known (`find_original`).

    allow_flex: of the original's .tflite; None: none is wanted. Raises EdgepruneError where the user named a file that
    cannot be compared with; of one that a report names a note tells.
    """
    path = session.loaded.path
    if original:
        try:
            other = _open(original, session, opening)
            first = other.measure(stage="original", model_bytes=size_of(original.path))
            file = _file(other, allow_flex)
            session.data = other.data
            return Baseline(rows=(first, session.measure(stage="model", model_bytes=size_of(path))), file=file)
        except EdgepruneError as error:
            original.cannot_be_used(error, reporter)
    given = session.measure(stage="original", model_bytes=size_of(path))
    return Baseline(rows=(given,), file=_file(session, allow_flex))


def _file(session: Session, allow_flex: bool | None) -> bytes:
    return b"" if allow_flex is None else unpruned_file(session, allow_flex=allow_flex)


def _open(original: Original, session: Session, opening: ModelRecipe) -> Session:
    """A session of the original with the data at hand, which without labels is scored by the original's answers."""
    custom = Path(opening.custom_objects) if opening.custom_objects else None
    trust_model = original.is_trusted(opening.trust_model)
    loaded = load_model(original.path, custom_objects=custom, trust_model=trust_model)
    found = Session(loaded, session.data, session.chosen)
    ours, theirs = (
        [port.shape for port in (*each.interface.inputs, *each.interface.outputs)] for each in (session, found)
    )
    if ours != theirs:
        raise ModelError(f"{original.path}: takes and gives {theirs} an example, {session.loaded.path} {ours}")
    if found.data and not found.data.task.labelled:
        found.data = answered(found.data, found.predictor)
    return found
