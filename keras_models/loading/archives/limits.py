"""What a file may unpack to: by its own size, so that a small file never takes much memory."""

import math
from collections.abc import Sequence

# As Keras 3.15 guards what it unpacks from archives (`keras/src/saving/saving_lib.py`, `_reject_zip_extract_bomb`).
# Ordinary weights do not compress at all, sparse ones ten- to a hundredfold, an array of zeros a thousandfold.
UNPACKED_BYTES = 1 << 28
EXPANSION = 100

DAMAGED = "the file is damaged: copy or download it again"
SAVE_AGAIN = "save the model again with Keras"


class UnsoundError(Exception):
    """A file is not what Keras writes: where, and what was found; the hint says what to do next."""

    def __init__(self, message: str, hint: str = SAVE_AGAIN) -> None:
        super().__init__(message)
        self.hint = hint


def unpacked_limit(stored_bytes: int) -> int:
    """How many bytes compressed data of this size may unpack to."""
    return max(UNPACKED_BYTES, EXPANSION * stored_bytes)


def array_bytes(shape: Sequence[int], itemsize: int) -> int:
    """Bytes that an array takes in memory."""
    return math.prod(shape) * itemsize


def first_line(error: Exception) -> str:
    """What a library says, without what follows below."""
    return (str(error) or type(error).__name__).splitlines()[0]
