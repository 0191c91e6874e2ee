"""What a function of the Python interface returns."""

from dataclasses import dataclass
from typing import Any

from edgeprune.contracts.results import Result


@dataclass(frozen=True, kw_only=True, repr=False)
class Outcome:
    """Rows of results, the changed model, and what the user should know.

    `model` is the changed model, live, of the Keras that the original is of; None where nothing was changed.
    `notes` and `warnings` are what the command would have told.
    """

    result: Result
    model: Any = None
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The results table, under the names of the JSON contract; what was not measured is None."""
        return [row.as_row() for row in self.result.rows]

    @property
    def layers(self) -> list[dict[str, Any]]:
        """One dict for each layer of the model, none left out."""
        layers: list[dict[str, Any]] = self.result.as_json()["layers"]
        return layers

    @property
    def outputs(self) -> dict[str, str]:
        """Paths of the files that were written, by role (`model`, `report`, `tflite`, …)."""
        return dict(self.result.outputs)

    def to_json(self) -> str:
        """What `--format json` prints."""
        return self.result.to_json()

    def __repr__(self) -> str:
        told = f", {len(self.warnings)} warnings" if self.warnings else ""
        return f"<edgeprune.{self.result.command}: {len(self.result.rows)} rows{told}>"
