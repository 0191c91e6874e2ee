"""Cut every model of keras.applications, prove each cut, and print the table.

    python -m benchmarks.applications                      all models of both Kerases: half an hour on two cores
    python -m benchmarks.applications --keras 3 ResNet50   some of them

Models are untrained (`weights=None`), with the smallest input that they take, 10 classes and logits as outputs, since a
softmax hides errors. Their normalisations and biases are made random first, since untrained ones hide errors too.
Where float32 cannot show equality to 1e-5 (rounding grows in deep models), the proof is made again in float64.
"""

import argparse
import gc
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from benchmarks.application_models import application_names, build, double_precision, keras_of, random_examples
from edgeprune.contracts.channels import ChannelPlan
from edgeprune.contracts.model import ModelGraph
from edgeprune.keras_models.graphs.graph import build_graph
from edgeprune.keras_models.graphs.macs import mac_terms
from edgeprune.keras_models.live.arrays import LiveArrays
from edgeprune.keras_models.live.variables import variables, weight_specs
from edgeprune.keras_models.surgery.proof import TOLERANCE, ProofResult, prove, prove_exact_part
from edgeprune.keras_models.surgery.surgery import cut
from edgeprune.pruning.channels import channel_graph
from edgeprune.pruning.cuts.macs import MacCount
from edgeprune.pruning.cuts.structured_cut import CutRequest, plan_cut

REQUESTS = {"ratio 0.5": CutRequest(ratio=0.5), "macs 0.5": CutRequest(macs=0.5)}
COLUMNS = "{:<20} {:>5}  {:<9} {:>10} {:>6} {:>8} {:>8} {:>7} {:>7} {:>7}  {}"
HEAD = ("model", "Keras", "asked", "parameters", "MACs", "error", "float64", "plan s", "cut s", "build s", "")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One cut: what stays of parameters and MACs (0 to 1), the largest error as a share of the output's range in
    float32 and, where that is above 1e-5, in float64; seconds. `inexact` groups are left out of the proof.
    """

    asked: str
    parameters: float
    macs: float
    error: float
    in_double: ProofResult | None
    inexact: tuple[str, ...]
    plan_s: float
    cut_s: float
    build_s: float

    def cells(self) -> tuple[str, ...]:
        """As text."""
        double = self.in_double
        seconds = (f"{value:.2f}" for value in (self.plan_s, self.cut_s, self.build_s))
        note = f"without {len(self.inexact)} groups that are normalised together" if self.inexact else ""
        if double and double.relative_error > TOLERANCE:
            note += f" chaotic: inputs changed in their last 64-bit digit change the outputs by {double.rounding:.0e}"
        errors = (f"{self.error:.0e}", f"{double.relative_error:.0e}" if double else "")
        return (self.asked, f"{self.parameters:.1%}", f"{self.macs:.1%}", *errors, *seconds, note.strip())


def main() -> None:
    """Print one line for each model, Keras and request."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", help="names in keras.applications (default: all)")
    parser.add_argument("--keras", type=int, choices=(2, 3), help="one Keras only")
    options = parser.parse_args()
    print(COLUMNS.format(*HEAD))
    for major in (options.keras,) if options.keras else (3, 2):
        keras = keras_of(major)
        build(keras, "MobileNet")  # the first model of a process pays for what is set up once
        for name in options.models or application_names(keras):
            try:
                for row in measure(keras, major, name, REQUESTS):
                    print(COLUMNS.format(name, major, *row.cells()), flush=True)
            except Exception as error:
                print(f"{name:<20} {major:>5}  FAILED: {type(error).__name__}: {error}", flush=True)
            keras.backend.clear_session()
            gc.collect()


def measure(keras: ModuleType, major: int, name: str, requests: Mapping[str, CutRequest]) -> Iterator[Row]:
    """One row for each request."""
    model, build_s = build(keras, name)
    examples = random_examples(model)
    for asked, request in requests.items():
        start = time.perf_counter()
        graph, plan, macs = make_plan(model, major, request)
        planned = time.perf_counter()
        smaller = cut(model, graph, plan)
        done = time.perf_counter()
        proof = prove(model, smaller, plan, examples)
        inexact = proof.inexact
        if inexact:
            proof = prove_exact_part(model, graph, plan, examples)
        yield Row(
            asked=asked,
            parameters=smaller.count_params() / model.count_params(),
            macs=macs,
            error=proof.relative_error,
            in_double=None if proof.relative_error <= TOLERANCE else proof_in_double(keras, major, name, request),
            inexact=inexact,
            plan_s=planned - start,
            cut_s=done - planned,
            build_s=build_s,
        )


def make_plan(model: Any, major: int, request: CutRequest) -> tuple[ModelGraph, ChannelPlan, float]:
    """From a model in memory to a plan; and the share of the MACs that stays."""
    config = {"class_name": type(model).__name__, "config": model.get_config()}
    graph = build_graph(config, major, weight_specs(model))
    channels = channel_graph(graph)
    terms = mac_terms(graph)
    plan = plan_cut(graph, channels, terms, LiveArrays(variables(model)), request)
    count = MacCount(graph, channels, terms)
    return graph, plan, count(plan.kept) / count(np.ones_like(plan.kept))


def proof_in_double(keras: ModuleType, major: int, name: str, request: CutRequest) -> ProofResult:
    """The same proof with a model of 64-bit numbers."""
    with double_precision(keras):
        model, _ = build(keras, name)
        examples = random_examples(model)
        graph, plan, _ = make_plan(model, major, request)
        return prove_exact_part(model, graph, plan, examples)


if __name__ == "__main__":
    main()
