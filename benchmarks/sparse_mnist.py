"""How far sparse networks can go on MNIST: `python benchmarks/sparse_mnist.py MODELS DATA.npz`.

MODELS is a folder with trained `mnist_mlp.h5` (784-512-256-128-10), `lenet300.h5` (784-300-100-10) and `lenet5.keras`.
Each command runs as a user would run it; beside its error on the test part stands the limit. Those of the LeNets are
the errors that SNIP (Lee, Ajanthan & Torr, ICLR 2019, table 1) reports at 98 % zeros.
"""

import argparse
import json
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

DENSE = "mnist_mlp.h5 --method pre-training --sparsity 0 --from-scratch --epochs 20"
"""No zeros at all: the dense network from scratch."""
EVOLVED = (
    "mnist_mlp.h5 --method set --sparsity 0.95 --from-scratch --epochs 20 --zeta 0.5"
    " --learning-rate 0.01 --optimizer adamw --weight-decay 0.2"
)
LENETS = {
    "lenet300.h5 --method set --sparsity 0.98 --epochs 80 --zeta 0.5 --learning-rate 0.005"
    " --optimizer adamw --weight-decay 0.1 --distill": 2.4,
    "lenet5.keras --method iterative --sparsity 0.98 --scope global --rounds 5 --epochs 3 --learning-rate 0.003"
    " --distill": 0.8,
}
"""Options of `edgeprune prune` to the largest error allowed, per cent."""
MOST_LOST = 0.5
"""Points of accuracy that SET may lose against the dense network."""


def main() -> None:
    """Run all commands and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", type=Path, help="folder of the three models")
    parser.add_argument("data", type=Path, help="mnist.npz")
    options = parser.parse_args()
    print(f"{'error':>6} {'limit':>6} {'zeros':>6} {'seconds':>8}  edgeprune prune", flush=True)
    dense = measure(DENSE, None, options)
    for command, limit in {EVOLVED: dense + MOST_LOST, **LENETS}.items():
        measure(command, limit, options)


def measure(command: str, limit: float | None, options: Any) -> float:
    """Run one command, print its row, give its error in per cent."""
    model, *arguments = shlex.split(command)
    program = Path(sys.executable).with_name("edgeprune")
    data = ["--data", options.data.resolve()]
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [program, "prune", options.models.resolve() / model, *arguments, *data, "--format", "json"],
            cwd=folder,
            stdout=subprocess.PIPE,
            check=True,
        )
    row = json.loads(done.stdout)["rows"][-1]
    error: float = 100 * (1 - row["score"])
    shown = "" if limit is None else f"{limit:.2f}%"
    seconds = time.perf_counter() - started
    print(f"{error:5.2f}% {shown:>6} {row['sparsity']:6.1%} {seconds:8.0f}  {command}", flush=True)
    return error


if __name__ == "__main__":
    main()
