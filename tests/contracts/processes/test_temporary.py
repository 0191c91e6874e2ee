"""Temporary folders go with their run, also those of a run that was killed."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from edgeprune.contracts.processes.temporary import OWNER, remove_abandoned, run_folder, temporary_folder

ROOT = Path(__file__).parents[3]

KILLED = """
import os, signal, sys
from pathlib import Path
from edgeprune.contracts.processes.temporary import temporary_folder
with temporary_folder(Path(sys.argv[1])) as folder:
    (folder / "half").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_libraries_and_children_put_their_files_into_the_folder_of_the_run(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with run_folder():
        Path(tempfile.mkdtemp(), "lost").touch()
        program = "import tempfile; print(tempfile.mkdtemp())"
        child = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        (folder,) = tmp_path.iterdir()
        assert Path(child.stdout.strip()).parent == folder
    assert list(tmp_path.iterdir()) == []
    assert (tempfile.tempdir, os.environ["TMPDIR"]) == (str(tmp_path), str(tmp_path))


def test_a_run_that_needs_no_temporary_files_goes_on_without_them(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    with run_folder():
        assert tempfile.tempdir == str(tmp_path / "nowhere")


def test_what_a_killed_run_left_is_removed_and_nothing_else(tmp_path):
    subprocess.run([sys.executable, "-c", KILLED, tmp_path], cwd=ROOT, check=False)
    (abandoned,) = tmp_path.iterdir()
    assert (abandoned / "half").is_file()
    mine = tmp_path / ".edgeprune-of_mine1"
    mine.mkdir()
    (mine / "notes").touch()
    (tmp_path / ".edgeprune-a_link_8").symlink_to(abandoned)
    with temporary_folder(tmp_path) as alive:
        remove_abandoned(tmp_path)
        assert not abandoned.exists()
        assert (alive / OWNER).is_file()
        assert mine.is_dir()
