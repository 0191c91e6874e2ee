"""Seeded damage of HDF5 files and `.keras` archives, each case in a fork of a process that has loaded h5py alone."""

import io
import os
import random
import resource
import signal
import tempfile
import zipfile
from collections import Counter
from pathlib import Path

import h5py
import numpy as np

from edgeprune.contracts.errors import EdgepruneError
from edgeprune.keras_models.loading.archives import h5, keras_zip, vetting
from tests.keras_models.loading.archive_files import h5_file, keras_file

MEMORY_BYTES = 1 << 30
SECONDS = vetting.SECONDS


def main(kind: str, seed: str, cases: str) -> dict[str, int]:
    """How so many cases ended: `refused`, `read`, `hangs` (vetting would end it), or else what should never be."""
    draw = random.Random(int(seed))
    ends: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"model.{kind}")
        for _ in range(int(cases)):
            packed = _packed if draw.random() < 0.5 else None
            whole = (h5_file if kind == "h5" else keras_file)(path, packed).read_bytes()
            path.write_bytes(spoilt(whole, draw) if kind == "h5" or draw.random() < 0.3 else _spoilt_part(whole, draw))
            ends[_end(path, kind)] += 1
    return dict(ends)


def _packed(group: h5py.Group) -> None:
    kernel = "kernel:0" if "kernel:0" in group else "0"
    del group[kernel]
    group.create_dataset(kernel, data=np.ones((3, 2), "float32"), chunks=(2, 2), compression="gzip", shuffle=True)


def spoilt(content: bytes, draw: random.Random) -> bytes:
    """Bytes are changed, cut out or repeated."""
    for _ in range(draw.choice([1, 1, 2, 5])):
        place, length = draw.randrange(len(content)), draw.choice([1, 1, 1, 2, 4, 8, 100])
        flipped = bytes([content[place] ^ 1 << draw.randrange(8)])
        repeated = content[place : place + 3 * length]
        change = draw.choice([draw.randbytes(length), b"\xff" * length, bytes(length), flipped, b"", repeated])
        content = content[:place] + change + content[place + (1 if change is flipped else length) :]
    return content


def _spoilt_part(content: bytes, draw: random.Random) -> bytes:
    """One part of an archive is damaged, the checksums are right."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(written, "w") as target:
        chosen = draw.choice(source.namelist())
        for name in source.namelist():
            part = source.read(name)
            target.writestr(name, spoilt(part, draw) if name == chosen else part)
    return written.getvalue()


def _end(path: Path, kind: str) -> str:
    """What comes of a file, told by the exit status of a fork."""
    ends = {0: "read", 1: "refused", 2: "a bug", -signal.SIGALRM: "hangs"}
    process = os.fork()
    if process == 0:
        status = 2
        try:
            signal.alarm(SECONDS)
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
            status = _read(path, kind)
        finally:
            os._exit(status)
    found = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    return ends.get(found, f"signal {-found}")


def _read(path: Path, kind: str) -> int:
    """All that `inspect` reads: 0, or 1 where the file is refused."""
    if vetting.main(str(path), kind) is not None:
        return 1
    try:
        with (h5 if kind == "h5" else keras_zip).read(path) as archive:
            for layer, weights in archive.weights.items():
                for weight in weights:
                    np.isfinite(archive.array(layer, weight.name))
    except EdgepruneError:
        return 1
    return 0
