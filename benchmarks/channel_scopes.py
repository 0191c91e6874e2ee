"""Where channels should go, for a share of the MACs: `python -m benchmarks.channel_scopes MODEL DATA [MODEL DATA ...]`.

Each model is cut with `--scope layer` (all layers shrink alike) and `--scope global` (all channels in one ranking), by
each criterion, to each share of the MACs, and scored on the validation part of its data; with `--epochs`, once more
after fine-tuning. The table has what is lost, in points, and the means over all networks.
"""

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from statistics import fmean

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from edgeprune.contracts.recipes.recipe import PruneRecipe
from edgeprune.pipeline.planning.epochs import fine_tuning_fit
from edgeprune.pipeline.planning.plan import carry_out
from edgeprune.pipeline.planning.planner import Planner
from edgeprune.pipeline.requests.data import data_source
from edgeprune.pipeline.session import Session, open_session
from edgeprune.pipeline.training.fine_tuning import FineTuner

SCOPES = ("layer", "global")
SAMPLES = ("digits_cnn.keras", "digits.npz", "digits_mlp.h5", "digits.npz", "fraud_mlp.keras", "fraud.npz")


class Silent:
    """A reporter that tells nobody."""

    def note(self, text: str) -> None:
        """Nothing."""

    warning = detail = note

    @contextmanager
    def progress(self, label: str, total: int) -> Iterator[object]:
        """Nothing."""
        yield self.note


def main() -> None:
    """Print a row for each cut, and the means."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    samples = [str(Path("sample_models", name)) for name in SAMPLES]
    parser.add_argument("files", nargs="*", default=samples, help="MODEL DATA pairs (default: the sample models)")
    parser.add_argument("--criteria", default="l1,l2,taylor,activation,reconstruction")
    parser.add_argument("--macs", default="0.5,0.33")
    parser.add_argument("--epochs", type=int, default=0)
    options = parser.parse_args()
    columns = [f"{scope}{trained}" for trained in ("", ", trained")[: 1 + bool(options.epochs)] for scope in SCOPES]
    print_row("network", "criterion", "macs", *columns)
    rows = []
    for model, data in zip(options.files[::2], options.files[1::2], strict=True):
        recipe = PruneRecipe(method="structured", macs=0.5, data=data, epochs=options.epochs)
        session = open_session(Path(model), recipe, data_source(recipe, recipe.seed), Silent())
        planner = Planner(session)
        for criterion, share in product(options.criteria.split(","), options.macs.split(",")):
            found = [losses(session, planner, recipe, criterion, float(share), scope) for scope in SCOPES]
            rows.append([loss for stage in zip(*found, strict=True) for loss in stage])
            print_row(Path(model).name, criterion, share, *(f"{loss:.2f}" for loss in rows[-1]))
    print_row("mean", "", "", *(f"{fmean(column):.2f}" for column in zip(*rows, strict=True)))


def losses(
    session: Session, planner: Planner, recipe: PruneRecipe, criterion: str, share: float, scope: str
) -> list[float]:
    """Points of the validation score that a cut costs, and after fine-tuning."""
    asked = PruneRecipe(**{**vars(recipe), "criterion": criterion, "macs": share, "scope": scope})
    validation = session.require_data().validation
    before = session.score(validation).score
    plan = planner.plan(asked, Silent())
    pruned = carry_out(plan, Silent())
    if plan.repairs:
        plan.repair(pruned.session, Silent())
    after = [pruned.session.score(validation).score]
    if recipe.epochs:
        with FineTuner(pruned.session, {}, fine_tuning_fit(asked), rate_share=pruned.rate_share) as tuner:
            tuner.run(Silent())
        after.append(pruned.session.score(validation).score)
    return [100 * (before - score) for score in after]


def print_row(network: str, criterion: str, share: str, *losses: str) -> None:
    """One line of the table."""
    print(f"{network:24} {criterion:14} {share:>5}" + "".join(f" {loss:>15}" for loss in losses), flush=True)


if __name__ == "__main__":
    main()
