"""Defaults of training against a grid of flags: `python benchmarks/defaults.py MODELS DATA`.

MODELS is a folder of saved models, DATA one of `.npz` files with a training and a test part. Each model is taken with
the first data that fit it and on which it answers better than chance; is pruned in each of the ways below; and is
trained with the defaults and with each choice of the grid, on the whole training part, a quarter and a sixteenth of it.
The grid's best is chosen by the test score, so it is a little lucky: defaults need not reach it.
"""

import argparse
import itertools
import os
from pathlib import Path
from typing import Any

import numpy as np
from fitting_data import fitting, has_parts

import edgeprune

PRUNED: dict[str, dict[str, Any]] = {
    "90 % zeros": {"method": "magnitude", "sparsity": 0.9},
    "half the MACs": {"method": "structured", "macs": 0.5},
}
RATES = (0.0003, 0.001, 0.003, 0.01)
GRID: list[dict[str, Any]] = [
    {"learning_rate": rate, "distill": distill} for rate, distill in itertools.product(RATES, (False, True))
]
SHARES = (1, 4, 16)
"""Parts of the training examples: all, one in four, one in sixteen."""
Arrays = dict[str, Any]


def main() -> None:
    """Train all and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", type=Path, help="folder of saved models, looked through with its folders")
    parser.add_argument("data", type=Path, help="folder of .npz files")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--shares", type=int, nargs="+", default=SHARES)
    options = parser.parse_args()
    models = [path.resolve() for path in sorted(options.models.rglob("*")) if path.suffix in (".h5", ".hdf5", ".keras")]
    sources = [path.resolve() for path in sorted(options.data.glob("*.npz")) if has_parts(path)]
    print(f"{'default':>7} {'best':>7} {'short':>6}  model, pruned, examples: the flags of the best", flush=True)
    short = []
    for model in models:
        source = fitting(model, sources)
        if source is None:
            print(f"{'':22}  {model.name}: none of the data fit", flush=True)
            continue
        with np.load(source) as archive:
            arrays = dict(archive)
        for (name, pruned), share in itertools.product(PRUNED.items(), options.shares):
            short.append(compared(model, name, pruned | {"epochs": options.epochs}, thinned(arrays, share)))
    if short:
        print(f"{'':15} {np.mean(short):6.2f}  mean; largest {max(short):.2f}")


def thinned(arrays: Arrays, share: int) -> Arrays:
    """One in `share` of the training examples, drawn at random."""
    count = len(arrays["x_train"])
    chosen = np.sort(np.random.default_rng(0).permutation(count)[: count // share])
    return arrays | {name: arrays[name][chosen] for name in ("x_train", "y_train")}


def compared(model: Path, name: str, flags: dict[str, Any], arrays: Arrays) -> float:
    """Print a row; by how many points the defaults fall short of the grid's best."""
    default = trained(model, arrays, flags)
    scores = [trained(model, arrays, flags | choice) for choice in GRID]
    best = int(np.argmax(scores))
    chosen = " ".join(f"{key}={value}" for key, value in GRID[best].items())
    short = 100 * (scores[best] - default)
    examples = f"{len(arrays['x_train']):,} examples"
    print(
        f"{default:7.2%} {scores[best]:7.2%} {short:6.2f}  {model.name}, {name}, {examples}: {chosen}",
        flush=True,
    )
    return short


def trained(model: Path, arrays: Arrays, flags: dict[str, Any]) -> float:
    """Test score after pruning and training."""
    data = ((arrays["x_train"], arrays["y_train"]), (arrays["x_test"], arrays["y_test"]))
    score: float = edgeprune.prune(model, data=data, **flags).rows[-1]["score"]
    return score


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    main()
