"""What repair gives back without training: `python benchmarks/repair.py MODELS DATA`.

MODELS is a folder of saved models, DATA one of `.npz` files with a training and a test part. Each model is taken with
the first data that fit it and on which it answers better than chance. Its smallest weights become zero, the same share
of each layer, with and without repair, and with the other scopes and repair; the table has the test scores, what int8
loses of the best scope's, and the seconds of the whole command.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from fitting_data import fitting, has_parts

import edgeprune

SPARSITIES = (0.8, 0.9, 0.95)
WAYS: dict[str, dict[str, Any]] = {
    "bare": {"scope": "layer", "repair": False},
    "layer": {"scope": "layer"},
    "global": {"scope": "global"},
    "sensitivity": {"scope": "sensitivity"},
}


def main() -> None:
    """Prune all and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", type=Path, help="folder of saved models, looked through with its folders")
    parser.add_argument("data", type=Path, help="folder of .npz files")
    parser.add_argument("--sparsities", type=float, nargs="+", default=SPARSITIES)
    options = parser.parse_args()
    models = [path.resolve() for path in sorted(options.models.rglob("*")) if path.suffix in (".h5", ".hdf5", ".keras")]
    sources = [path.resolve() for path in sorted(options.data.glob("*.npz")) if has_parts(path)]
    print(
        f"{'dense':>7} {'zeros':>5} " + " ".join(f"{way:>11}" for way in WAYS) + "    int8 seconds  model", flush=True
    )
    lost: list[list[float]] = []
    for model in models:
        source = fitting(model, sources)
        if source is None:
            print(f"{'':78}  {model.name}: none of the data fit", flush=True)
            continue
        lost += [row(model, source, sparsity) for sparsity in options.sparsities]
    if lost:
        means = " ".join(f"{mean:11.2f}" for mean in np.mean(lost, axis=0))
        print(f"{'':13} {means}                 mean of the points lost")


def row(model: Path, source: Path, sparsity: float) -> list[float]:
    """Print a row; the points that each way loses."""
    scores, seconds, int8, dense = [], 0.0, 0.0, 0.0
    for way, flags in WAYS.items():
        with tempfile.TemporaryDirectory() as folder:
            files = {"tflite": f"{folder}/m.tflite", "quantize": "int8"} if way == "sensitivity" else {}
            started = time.perf_counter()
            rows = edgeprune.prune(model, data=source, method="magnitude", sparsity=sparsity, **flags, **files).rows
            seconds = time.perf_counter() - started
        stages = {found["stage"]: found["score"] for found in rows if not found["file"]}
        dense = stages["original"]
        scores.append(stages["repaired"] if "repaired" in stages else stages["pruned"])
        int8 = rows[-1]["score"]
    told = " ".join(f"{score:11.2%}" for score in scores)
    print(f"{dense:7.2%} {sparsity:5.0%} {told} {int8:7.2%} {seconds:7.1f}  {model.name}", flush=True)
    return [100 * (dense - score) for score in scores]


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    main()
