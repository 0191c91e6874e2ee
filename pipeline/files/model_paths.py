"""What a path tells before the file is opened: whether it is a .tflite, and how large it is."""

from pathlib import Path


def is_tflite(path: Path) -> bool:
    """Whether a file is a .tflite, by its identifier (or, where it is damaged, by its name)."""
    try:
        if not path.is_file():  # a folder, or what open_archive refuses too: opening a pipe would wait for ever
            return False
        with path.open("rb") as file:
            return file.read(8)[4:] == b"TFL3" or path.suffix == ".tflite"
    except OSError:
        return False


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files in a folder."""
    if path.is_dir():
        return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return path.stat().st_size
