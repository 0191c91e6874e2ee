"""Try a .tflite file of unknown origin in a process of its own.

LiteRT trusts the offsets and indices in a file: a damaged one can end the process that runs it
(seen with ai-edge-litert 2.3: a segmentation fault after one flipped bit).
"""

import subprocess
import sys
from pathlib import Path

from contracts.errors import ExportError, ModelFileError

REFUSED = 3
TIMEOUT_SECONDS = 120


def probe(path: Path) -> None:
    """Load a file and run it once, in a child process (about half a second).

    Raises ModelFileError where LiteRT refuses the file, crashes on it, or does not come back.
    """
    command = [sys.executable, "-m", "tflite_export.probe", str(path)]
    try:
        child = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise ModelFileError(f"{path}: LiteRT did not finish one run in {TIMEOUT_SECONDS} s") from error
    if child.returncode == REFUSED:
        raise ModelFileError(f"{path}: {child.stdout.strip()}", "export the file again for LiteRT")
    if child.returncode != 0:
        raise ModelFileError(
            f"{path}: expected a file that LiteRT can run, found one that it crashes on (status {child.returncode})",
            "the file is damaged: copy or export it again",
        )


def main() -> None:
    """Run the file named on the command line once; exit with REFUSED and the reason if LiteRT refuses it."""
    from tflite_export.measure import ready_interpreter

    try:
        ready_interpreter(Path(sys.argv[1]).read_bytes(), threads=1, seed=0)
    except ExportError as error:
        print(error)
        sys.exit(REFUSED)


if __name__ == "__main__":
    main()
