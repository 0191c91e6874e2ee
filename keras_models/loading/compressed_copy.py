"""Keras 2 reads an archive's weights and vocabularies in turns, which zipfile gets wrong for stored members.

CPython issue 127847: some releases of 3.12 and 3.13 then end in an EOFError. Compressed members are read right.
"""

import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edgeprune.keras_models.loading.archives import ModelArchive


@contextmanager
def path_for_keras(archive: ModelArchive) -> Iterator[Path]:
    """Path of a file that Keras's own loader reads on every Python: the archive itself or a copy of it."""
    if (archive.format, archive.keras_major, archive.has_hidden_state) != ("keras", 2, True):
        yield archive.path
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "model.keras"
        with zipfile.ZipFile(archive.path) as source, zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED) as target:
            for name in source.namelist():
                target.writestr(name, source.read(name), compresslevel=1)
        yield copy
