"""The HDF5 file inside a `.keras` archive, as a file of its own."""

import io
import zipfile
from pathlib import Path
from typing import Any, BinaryIO, cast

CONFIG, METADATA, WEIGHTS, ASSETS = "config.json", "metadata.json", "model.weights.h5", "assets"
"""What Keras puts into an archive; assets are files of layers (vocabularies), in a folder."""


def open_weights(path: Path, archive: zipfile.ZipFile) -> BinaryIO:
    """The weights' file: read in place where it is stored as it is (Keras does that), else unpacked into memory."""
    member = archive.getinfo(WEIGHTS)
    if member.compress_type != zipfile.ZIP_STORED:
        return io.BytesIO(archive.read(member))
    with path.open("rb") as file:
        file.seek(member.header_offset + 26)  # lengths of name and extra field in the local header
        name_length = int.from_bytes(file.read(2), "little")
        extra_length = int.from_bytes(file.read(2), "little")
    start = member.header_offset + 30 + name_length + extra_length
    return cast(BinaryIO, _StoredMember(path, start, member.file_size))


class _StoredMember(io.RawIOBase):
    """An uncompressed member of a zip file as a file of its own, so that arrays are read one at a time."""

    def __init__(self, path: Path, start: int, size: int) -> None:
        self._file = path.open("rb")
        self._start, self._size, self._position = start, size, 0

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = base + offset
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer)[: max(0, self._size - self._position)]
        self._file.seek(self._start + self._position)
        count = self._file.readinto(view)
        self._position += count
        return count

    def close(self) -> None:
        self._file.close()
        super().close()
