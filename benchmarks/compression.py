"""How small a file of a LeNet can be: `python benchmarks/compression.py MODELS DATA.npz`.

MODELS is a folder with trained `lenet300.h5` (784-300-100-10) and `lenet5.keras`. Each command runs as a user would run
it. The limits are the ratios of Han, Mao & Dally ("Deep Compression", ICLR 2016, table 1), which count the float32
weights against weights in Huffman codes; here against the whole .tflite file, which the stock runtime reads, in gzip.
The file's error may be 0.1 points above that of the unpruned model.
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

COMMANDS = {
    "lenet300.h5 --method iterative --sparsity 0.931 --block 1x2 --scope global --rounds 2 --epochs 10"
    " --learning-rate 0.004 --distill --clusters 16 --qat-epochs 2 --quantize int8": 40,
    "lenet5.keras --method magnitude --sparsity 0.947 --scope global --epochs 6 --learning-rate 0.003"
    " --distill --clusters 16 --qat-epochs 2 --quantize int8 --sparse off": 39,
}
"""Options of `edgeprune prune` to the least ratio of bytes."""
MOST_LOST = 0.1
"""Points of accuracy."""
FLOAT32_BYTES = 4


def main() -> None:
    """Run all commands and print the table; exit with 1 where a limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", type=Path, help="folder of the two models")
    parser.add_argument("data", type=Path, help="mnist.npz")
    options = parser.parse_args()
    head = ("unpruned", "file", "float32", "gzip", "ratio", "limit", "seconds")
    print("{:>8} {:>7} {:>10} {:>7} {:>6} {:>6} {:>8}  edgeprune prune".format(*head), flush=True)
    reached = [measure(command, ratio, options) for command, ratio in COMMANDS.items()]
    sys.exit(not all(reached))


def measure(command: str, limit: int, options: Any) -> bool:
    """Run one command and print its row; whether the limits are kept."""
    model, *arguments = shlex.split(command)
    program = Path(sys.executable).with_name("edgeprune")
    files = ["--data", options.data.resolve(), "--tflite", "small.tflite", "--format", "json"]
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [program, "prune", options.models.resolve() / model, *arguments, *files],
            cwd=folder,
            stdout=subprocess.PIPE,
            check=True,
        )
    original, *_, written = json.loads(done.stdout)["rows"]
    before, after = (100 * row["score"] for row in (original, written))
    weights, compressed = FLOAT32_BYTES * original["prunable_weights"], written["tflite_gzip_bytes"]
    ratio, seconds = weights / compressed, time.perf_counter() - started
    print(
        f"{before:7.2f}% {after:6.2f}% {weights:10,} {compressed:7,} {ratio:6.1f} {limit:6} {seconds:8.0f}  {command}",
        flush=True,
    )
    return ratio >= limit and round(before - after, 4) <= MOST_LOST


if __name__ == "__main__":
    main()
