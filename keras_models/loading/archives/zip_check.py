"""Is a zip file a `.keras` archive as Keras writes it? Every part is read once, within limits of size."""

import stat
import zipfile
from collections.abc import Sequence

from edgeprune.keras_models.loading.archives.json_text import MAX_BYTES
from edgeprune.keras_models.loading.archives.limits import DAMAGED, UnsoundError, unpacked_limit
from edgeprune.keras_models.loading.archives.zip_member import ASSETS, CONFIG, METADATA, WEIGHTS

LARGEST = {CONFIG: MAX_BYTES, METADATA: 1 << 16}
MAX_PARTS = 10_000
ENCRYPTED = 0x1
PLAIN = (0, stat.S_IFREG, stat.S_IFDIR)
"""Kinds of file that an archive may hold; 0 where its maker did not say."""


def check_zip(archive: zipfile.ZipFile, file_bytes: int) -> None:
    """Raises UnsoundError for what Keras does not write, and what zipfile raises for a damaged archive."""
    parts = archive.infolist()
    names = {part.filename for part in parts}
    if not {CONFIG, METADATA, WEIGHTS} <= names:
        raise _not_a_model(names)
    if len(names) < len(parts) or len(parts) > MAX_PARTS:
        raise UnsoundError(f"an archive of {len(parts):,} parts with {len(names):,} names, expected one name each")
    for part in parts:
        if problem := _problem(part):
            raise UnsoundError(f"{part.filename!r} inside it {problem}")
    _check_sizes(parts, file_bytes)
    damaged = archive.testzip()  # reads no part beyond the size it declares
    if damaged is not None:
        raise UnsoundError(f"{damaged} inside it is damaged (wrong checksum)", DAMAGED)


def _problem(part: zipfile.ZipInfo) -> str | None:
    """Why a part is refused, None where Keras could have written it."""
    if part.filename not in (CONFIG, METADATA, WEIGHTS) and not _is_asset(part.filename):
        return "is no part that Keras writes"
    if stat.S_IFMT(part.external_attr >> 16) not in PLAIN:
        return "is a link or a device, expected a file"
    if part.flag_bits & ENCRYPTED:
        return "is encrypted"
    if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return f"is packed by method {part.compress_type}, expected stored or deflated"
    if part.file_size > LARGEST.get(part.filename, part.file_size):
        return f"unpacks to {part.file_size:,} bytes, expected at most {LARGEST[part.filename]:,}"
    return None


def _is_asset(name: str) -> bool:
    """Whether a name lies in the folder of assets and nowhere else, on any system."""
    folder, *inner = name.removesuffix("/").split("/")
    return (
        folder == ASSETS
        and all(word not in ("", ".", "..") for word in inner)
        and name.isprintable()
        and not set(name) & set('\\:*?"<>|')
    )


def _check_sizes(parts: Sequence[zipfile.ZipInfo], file_bytes: int) -> None:
    stored = sum(part.compress_size for part in parts)
    if stored > file_bytes:
        raise UnsoundError(f"its parts take {stored:,} bytes, the file has {file_bytes:,}", DAMAGED)
    unpacked = sum(part.file_size for part in parts)
    if unpacked > unpacked_limit(file_bytes):
        raise UnsoundError(f"its parts unpack to {unpacked:,} bytes, too many for a file of {file_bytes:,}")


def _not_a_model(names: set[str]) -> UnsoundError:
    if names and all(name.endswith(".npy") for name in names):
        return UnsoundError("NumPy arrays (.npz), expected a model", "pass it with --data")
    if any(name.endswith("saved_model.pb") for name in names):
        return UnsoundError("a zipped SavedModel, expected its folder", "unzip it and pass the folder")
    missing = sorted({CONFIG, METADATA, WEIGHTS} - names)
    return UnsoundError(
        f"a zip file without {missing[0]}, expected a .keras archive", "save the model with model.save('model.keras')"
    )
