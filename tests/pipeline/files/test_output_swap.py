"""All outputs take their names or none does, whatever fails and wherever the process is killed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from edgeprune.contracts.errors import OutputError
from edgeprune.contracts.processes.temporary import PREFIX
from edgeprune.pipeline.files.output_swap import mend
from edgeprune.pipeline.files.outputs import all_whole

ROOT = Path(__file__).parents[3]

EVENTS = """
import json, os, shutil, signal, sys
from pathlib import Path
from edgeprune.contracts.errors import OutputError
from edgeprune.pipeline.files.outputs import all_whole, check_outputs

root, how = Path(sys.argv[1]), sys.argv[2]
seen = 0

def make(folder):
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "plots").mkdir(parents=True)
    (folder / "model").mkdir()
    for name in ("model/saved_model.pb", "model/old", "report.json"):
        (folder / name).write_text("old")

def write(folder):
    files = [folder / "model", folder / "report.json", folder / "plots" / "plot.png"]
    with all_whole(files, force=True) as places:
        places[0].mkdir()
        (places[0] / "saved_model.pb").write_text("new")
        places[1].write_text("new")
        places[2].write_text("new")

def state(folder):
    return {str(file.relative_to(folder)): file.read_text() for file in sorted(folder.rglob("*")) if file.is_file()}

def stop_at(number):
    def hook(event, arguments):
        global seen
        if event in ("os.rename", "os.link", "os.remove", "os.rmdir", "os.mkdir", "shutil.rmtree"):
            seen += 1
            if seen == number:
                if how == "kill":
                    os.kill(os.getpid(), signal.SIGKILL)
                raise OSError(28, os.strerror(28))
    sys.addaudithook(hook)

states = []
for number in range(1, 100):
    make(root)
    child = os.fork()
    if child == 0:
        stop_at(number)
        try:
            write(root)
        except OutputError:
            os._exit(1)
        finally:
            os._exit(0 if seen < number else 2)
    _, status = os.waitpid(child, 0)
    found = state(root)
    check_outputs([root / "report.json", root / "plots" / "plot.png"], [], force=True)
    if how == "fail":
        found = {name: text for name, text in found.items() if ".edgeprune" not in name}
        assert found == state(root), (found, state(root))
    states.append(state(root))
    if status == 0:
        break
print(json.dumps(states))
"""


def states(folder: Path, how: str) -> list[dict[str, str]]:
    """What lies in `folder` after each trial, the last of which went undisturbed."""
    command = [sys.executable, "-c", EVENTS, str(folder / "trial"), how]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=True)
    found: list[dict[str, str]] = json.loads(done.stdout)
    return found


OLD = {"model/old": "old", "model/saved_model.pb": "old", "report.json": "old"}
NEW = {"model/saved_model.pb": "new", "plots/plot.png": "new", "report.json": "new"}


@pytest.mark.parametrize("how", ["kill", "fail"])
def test_wherever_it_ends_all_are_new_or_all_are_old(how, tmp_path):
    found = states(tmp_path, how)
    assert len(found) > 15
    assert found[0] == OLD
    assert found[-1] == NEW
    assert all(state in (OLD, NEW) for state in found)


def test_a_file_that_appears_meanwhile_is_never_overwritten(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", APPEARS, tmp_path], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stdout.endswith(
        "b.txt: cannot be written: File exists; nothing was written; --force overwrites what is there\n"
    )
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {"b.txt": "theirs"}


APPEARS = """
import sys
from pathlib import Path
from edgeprune.contracts.errors import OutputError
from edgeprune.pipeline.files.outputs import all_whole
files = [Path(sys.argv[1], name) for name in ("a.txt", "b.txt")]
def appear(event, arguments):
    if event == "os.link" and str(arguments[1]) == str(files[1]):
        files[1].write_text("theirs")
sys.addaudithook(appear)
try:
    with all_whole(files, force=False) as places:
        for place in places:
            place.write_text("ours")
except OutputError as error:
    print(error)
"""


def test_what_cannot_be_put_back_is_said_and_kept(tmp_path):
    """A run was killed after it had moved the old file away, and somebody wrote another one since."""
    command = [sys.executable, "-c", HALF_DONE, str(tmp_path)]
    subprocess.run(command, cwd=ROOT, timeout=100, check=False)
    (tmp_path / "a.txt").write_text("theirs")
    with pytest.raises(OutputError, match=r"a\.txt: cannot be put back: .*; what it was is .*old-0; move that where"):
        mend([tmp_path])
    (kept,) = tmp_path.glob(f"{PREFIX}*/old-0")
    assert kept.read_text() == "old"
    assert (tmp_path / "a.txt").read_text() == "theirs"


HALF_DONE = """
import os, signal, sys
from pathlib import Path
from edgeprune.pipeline.files.outputs import all_whole
files = [Path(sys.argv[1], name) for name in ("a.txt", "b.txt")]
files[0].write_text("old")
sys.addaudithook(lambda event, arguments: os.kill(os.getpid(), signal.SIGKILL) if event == "os.link" else None)
with all_whole(files, force=True) as places:
    for place in places:
        place.write_text("new")
"""


def test_links_and_special_files_are_no_outputs_even_by_force(tmp_path):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe")
    for name, reason in (("link", "is a link"), ("dangling", "is a link"), ("pipe", "is no ordinary file")):
        with pytest.raises(OutputError, match=reason), all_whole([tmp_path / name], force=True):
            pass
    assert (tmp_path / "file").read_text() == "mine"


def test_a_file_never_takes_the_place_of_a_folder(tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "saved_model.pb").touch()
    with pytest.raises(OutputError, match="is a folder"), all_whole([tmp_path / "model"], force=True) as (place,):
        place.write_text("no folder")
    assert [file.name for file in tmp_path.rglob("*")] == ["model", "saved_model.pb"]
