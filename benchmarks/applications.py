"""Cut every model of keras.applications in half, prove each cut, and print the table.

    python benchmarks/applications.py                      all models of both Kerases (an hour on two cores)
    python benchmarks/applications.py --keras 3 ResNet50   some of them

Models are untrained (`weights=None`), with the smallest input that they take, 10 classes and logits as outputs, since a
softmax hides errors. Their normalisations and biases are made random first, since untrained ones hide errors too.
"""

import argparse
import gc
import importlib
import inspect
import os
import time
from collections.abc import Iterator
from types import ModuleType
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from keras_models.macs import mac_terms

from contracts.channels import ChannelPlan
from keras_models.graph import build_graph
from keras_models.proof import prove
from keras_models.randomise import randomise
from keras_models.surgery import cut
from keras_models.variables import get_arrays, weight_specs
from pruning.channels import channel_graph
from pruning.macs import MacCount
from pruning.structure import CutRequest, plan_cut

SIZES = (32, 64, 71, 75, 96, 128, 160, 192, 224, 331)
REQUESTS = {"ratio 0.5": CutRequest(ratio=0.5), "macs 0.5": CutRequest(macs=0.5)}
COLUMNS = "{:<22} {:>5} {:<9} {:>10} {:>7} {:>9} {:>7} {:>7} {:>7}  {}"


def main() -> None:
    """Print one line for each model, Keras and request."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", help="names in keras.applications (default: all)")
    parser.add_argument("--keras", type=int, choices=(2, 3), help="one Keras only")
    options = parser.parse_args()
    print(COLUMNS.format("model", "Keras", "asked", "parameters", "MACs", "error", "plan s", "cut s", "build s", ""))
    for major in (options.keras,) if options.keras else (3, 2):
        keras = importlib.import_module("keras" if major == 3 else "tf_keras")
        for name in options.models or application_names(keras):
            for row in measure(keras, major, name):
                print(COLUMNS.format(name, major, *row), flush=True)
            keras.backend.clear_session()
            gc.collect()


def application_names(keras: ModuleType) -> list[str]:
    """Every model function."""
    return [name for name, value in vars(keras.applications).items() if name[0].isupper() and inspect.isfunction(value)]


def build(keras: ModuleType, name: str) -> tuple[Any, float]:
    """The model with the smallest input that it takes, and how long Keras took to build it."""
    for size in SIZES:
        start = time.perf_counter()
        try:
            settings = {"weights": None, "classes": 10, "classifier_activation": None}
            model = getattr(keras.applications, name)(input_shape=(size, size, 3), **settings)
        except ValueError:
            continue
        return model, time.perf_counter() - start
    raise ValueError(f"{name} takes no input of {SIZES}")


def measure(keras: ModuleType, major: int, name: str) -> Iterator[tuple[str, ...]]:
    """One row for each request."""
    model, build_s = build(keras, name)
    random = np.random.default_rng(0)
    examples = (random.normal(size=(8, *model.inputs[0].shape[1:])).astype(np.float32),)
    randomise(model, examples, seed=0)
    for asked, request in REQUESTS.items():
        try:
            plan, macs_kept, plan_s = make_plan(model, major, request)
            start = time.perf_counter()
            smaller = cut(model, plan[0], plan[1])
            cut_s = time.perf_counter() - start
            proof = prove(model, smaller, plan[1], examples)
        except Exception as error:
            yield (asked, "", "", "", "", "", "", f"FAILED {type(error).__name__}: {error}"[:300])
            continue
        share = smaller.count_params() / model.count_params()
        note = f"inexact: {', '.join(proof.inexact)[:60]}" if proof.inexact else "" if proof.holds else "NOT PROVEN"
        times = (f"{seconds:.2f}" for seconds in (plan_s, cut_s, build_s))
        yield (asked, f"{share:.1%}", f"{macs_kept:.1%}", f"{proof.relative_error:.1e}", *times, note)


def make_plan(model: Any, major: int, request: CutRequest) -> tuple[tuple[Any, ChannelPlan], float, float]:
    """(graph, plan), the share of the MACs that stays, and seconds from the model in memory to the plan."""
    start = time.perf_counter()
    config = {"class_name": type(model).__name__, "config": model.get_config()}
    graph = build_graph(config, major, weight_specs(model))
    channels = channel_graph(graph)
    terms = mac_terms(graph)
    plan = plan_cut(graph, channels, terms, get_arrays(model), request)
    plan_s = time.perf_counter() - start
    count = MacCount(graph, channels, terms)
    return (graph, plan), count(plan.kept) / count(np.ones_like(plan.kept)), plan_s


if __name__ == "__main__":
    main()
