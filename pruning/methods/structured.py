"""Structured pruning: whole neurons and channels go, with everything that reads or scales them.

Coupled channels go together, found from the graph (Fang et al., "DepGraph: Towards Any Structural Pruning",
CVPR 2023); what is ranked by is a criterion of its own (`pruning/criteria`).
"""

from edgeprune.contracts.errors import UsageError
from edgeprune.contracts.recipes.recipe import MethodRecipe
from edgeprune.pruning.cuts.structured_cut import CutRequest, cut_request

SUMMARY = "removes neurons and channels, ranked by --criterion (--ratio R, or --macs R of the MACs kept)"
KIND = "channels"
OPTIONS = ("ratio", "macs", "criterion", "scope", "align", "repair")


def check(recipe: MethodRecipe) -> None:
    """Raise UsageError unless the recipe says how much, in one way."""
    if (recipe.ratio is None) == (recipe.macs is None):
        raise UsageError("--method structured needs either --ratio R or --macs R", "for example --ratio 0.5")


def request(recipe: MethodRecipe, seed: int) -> CutRequest:
    """What is to be cut."""
    return cut_request(recipe, seed, criterion=recipe.criterion, threshold=None)
