"""What can be known to be wrong with a command line is said before TensorFlow is imported: one process tries all."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODEL = ROOT / "sample_models" / "digits_mlp.h5"
DATA = ROOT / "sample_models" / "digits.npz"

PRUNE = f"prune {MODEL} --threshold 0.1"
EXPORT = f"export {MODEL} --tflite o.tflite"
SWEEP = f"sweep {MODEL} --thresholds 0.1"
BENCHMARK = f"benchmark {MODEL}"
ON = f"--data {DATA}"
TRAIN = f"--epochs 1 {ON}"

CASES = (
    (2, "--io needs --tflite; give --tflite FILE.tflite too, or leave --io out", f"{PRUNE} --io int8"),
    (2, "--allow-flex needs --tflite; give", f"{PRUNE} --allow-flex"),
    (2, "--tflite o.keras: expected a name that ends in .tflite", f"{PRUNE} --tflite o.keras"),
    (2, "--tflite o.bin: expected a name that ends in .tflite", f"export {MODEL} --tflite o.bin"),
    (2, "--io int8: --quantize none has inputs and outputs of float32", f"{PRUNE} --io int8 --tflite o.tflite"),
    (2, "--io int8: --quantize none has inputs and outputs of float32", f"{EXPORT} --io int8"),
    (2, "--io int8: --quantize none,float16 has", f"{SWEEP} --io int8 --quantize none,float16"),
    (2, "--quantize int8 needs data for calibration", f"{PRUNE} --tflite o.tflite --quantize int8"),
    (2, "--quantize int8 needs data for calibration", f"{EXPORT} --quantize int8"),
    (2, "--quantize int16x8 needs data for calibration", f"{EXPORT} --quantize int16x8"),
    (2, "--quantize int8 needs data for calibration", f"{EXPORT} --quantize auto --io int8"),
    (2, "--quantize int8 needs data for calibration", f"{SWEEP} --quantize none,int8"),
    (2, "--quantize none,float16 treats all layers alike", f"{SWEEP} --quantize none,float16 --keep-float a"),
    (2, "--custom-objects missing.py: no such file", f"{PRUNE} --custom-objects missing.py"),
    (2, "--custom-objects folder: no such file", f"{SWEEP} --custom-objects folder"),
    (2, "--custom-objects file: not a Python file", f"{EXPORT} --custom-objects file"),
    (2, "--custom-objects missing.py: no such file", f"{BENCHMARK} --custom-objects missing.py"),
    (2, "--scale must be", f"{PRUNE} --scale foo {ON}"),
    (2, "--scale must be", f"{SWEEP} --scale nan {ON}"),
    (2, "--scale must be", f"{BENCHMARK} --scale=-1 {ON}"),
    (2, "did you mean 'mean_squared_error'?", f"{EXPORT} --loss mean_squared_eror {ON}"),
    (2, "did you mean 'accuracy'?", f"{PRUNE} --metric acuracy {ON}"),
    (2, "did you mean 'accuracy'?", f"{SWEEP} --metric acuracy {ON}"),
    (2, "--metric 'zzz' is not one of ", f"{BENCHMARK} --metric zzz {ON}"),
    (2, "did you mean 'accuracy'?", f"{PRUNE} --metric acuracy"),
    (2, "--metric needs --data; give --data D too", f"{BENCHMARK} --metric accuracy"),
    (2, "--target input needs --data", f"{EXPORT} --target input"),
    (2, "--label needs --data", f"{PRUNE} --label foo"),
    (1, "missing.tflite: no such file", f"{BENCHMARK} missing.tflite"),
    (1, "folder: a folder without saved_model.pb", f"{BENCHMARK} folder"),
    (1, "file: empty", f"{BENCHMARK} file"),
    (2, "--store file: cannot be made: ", f"{SWEEP} --store file"),
    (2, "file is no folder", f"{PRUNE} {TRAIN} --store file/deeper"),
    (2, "--store /proc/x: cannot be made: /proc: ", f"{SWEEP} --store /proc/x"),
    (2, "--store file: cannot be made: ", f"{EXPORT} --quantize int8 --qat-epochs 1 {ON} --store file"),
    (2, "--store needs --qat-epochs; give --qat-epochs N", f"{EXPORT} --store kept"),
    (2, "--tensorboard file: cannot be made: ", f"{PRUNE} {TRAIN} --tensorboard file"),
    (1, "missing.h5: no such file", f"{PRUNE} {TRAIN} --distill --teacher missing.h5"),
    (1, "folder: a folder without saved_model.pb", f"{SWEEP} {TRAIN} --distill --teacher folder"),
    (2, "--temperature needs --distill; give --distill too", f"{PRUNE} {TRAIN} --temperature 3"),
    (2, "--learning-rate needs --epochs or --qat-epochs", f"{PRUNE} --learning-rate 0.1"),
    (2, "expected a number or auto, found 'fast'", f"{PRUNE} --learning-rate fast"),
    (2, "expected a whole number or auto, found 'soon'", f"{PRUNE} --epochs soon"),
    (2, "--patience needs --epochs; give", f"{SWEEP} --patience 3"),
    (2, "no layer or weight matches 'nope*'; the model has: hidden_1,", f"{PRUNE} --include nope*"),
    (2, "no layer or weight matches 'x/y'", f"{SWEEP} --exclude hidden_1/kernel --exclude x/y"),
    (
        2,
        "no layer matches 'hidden_1/kernel'",
        f"prune {MODEL} --method structured --ratio 0.5 --exclude hidden_1/kernel",
    ),
    (2, "--keep-float 'nope' matches no layer; the layers are", f"{EXPORT} --quantize int8 {ON} --keep-float nope"),
    (2, "--sparse on: LiteRT reads int4 weights with their zeros only", f"{EXPORT} --quantize int4 --sparse on"),
    (2, "--label 'classs' is no column of table.csv, which has a, class", f"{PRUNE} --data table.csv --label classs"),
    (2, "--epsilon: expected 1e-06 to", f"prune {MODEL} --method set --epsilon 0 {TRAIN}"),
    (2, "--check proves the removal", f"prune {MODEL} --method set --sparsity 0.5 {TRAIN} --check"),
    (2, "missing.toml: the recipe cannot be read", f"{PRUNE} --recipe missing.toml"),
    (2, "folder: the recipe cannot be read", f"{EXPORT} --recipe folder"),
    (2, "--method scheduled needs --epochs N, as it trains", f"prune {MODEL} --method scheduled --sparsity 0.5"),
    (
        2,
        "--method scheduled trains on one device only",
        f"prune {MODEL} --method scheduled --sparsity 0.5 {TRAIN} --strategy mirrored",
    ),
    (
        2,
        "--qat-epochs trains on one device only",
        f"{PRUNE} {TRAIN} --tflite o.tflite --quantize int8 --qat-epochs 1 --strategy mirrored",
    ),
    (
        2,
        "--criterion taylor needs data: it ranks by gradients",
        f"prune {MODEL} --method structured --ratio 0.5 --criterion taylor",
    ),
    (2, "needs data: it ranks by activations", f"prune {MODEL} --method activation --ratio 0.5"),
    (2, "--method layers needs data", f"sweep {MODEL} --method layers --ratios 0.5"),
    (2, "--recipe", f"{PRUNE} --recipe"),
)

PROGRAM = """
import contextlib, io, json, shlex, sys, time
class NoTensorFlow:
    def find_spec(self, name, *arguments):
        if name in ("tensorflow", "keras", "tf_keras"):
            raise RuntimeError("TensorFlow is imported")
sys.meta_path.insert(0, NoTensorFlow())
from edgeprune.cli.main import main
found = []
for line in json.load(sys.stdin):
    stderr, started = io.StringIO(), time.perf_counter()
    with contextlib.redirect_stderr(stderr):
        try:
            main(shlex.split(line))
        except SystemExit as stop:
            status = stop.code
    found.append([status, stderr.getvalue(), time.perf_counter() - started])
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def tried(tmp_path_factory):
    """Line to status, standard error and seconds; and the files that were left."""
    folder = tmp_path_factory.mktemp("usage")
    (folder / "file").touch()
    (folder / "folder").mkdir()
    (folder / "table.csv").write_text("a,class\n1,0\n", encoding="utf-8")
    lines = [line for _, _, line in CASES]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=json.dumps(lines),
        cwd=folder,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = dict(zip(lines, json.loads(done.stdout), strict=True))
    return found, sorted(path.name for path in folder.rglob("*"))


@pytest.mark.parametrize(("status", "reason", "line"), CASES, ids=[case[2].replace(f"{ROOT}/", "") for case in CASES])
def test_it_is_said_in_one_line_without_tensorflow(status, reason, line, tried):
    found, text, _ = tried[0][line]
    assert "TensorFlow is imported" not in text
    assert (found, len(text.splitlines())) == (status, 1)
    assert text.startswith("error: ")
    assert reason in text


def test_it_takes_no_time_and_leaves_nothing(tried):
    found, left = tried
    assert sorted(seconds for _, _, seconds in found.values())[len(found) // 2] < 0.25
    assert left == ["file", "folder", "table.csv"]
