"""A tree of LiteRT's schema objects to the bytes of a file."""

from typing import Any

import numpy as np

from edgeprune.contracts.data import Array

BUFFER_ALIGNMENT = 16
"""Of the schema's `Buffer.data`, in bytes: kernels may read weights in words of that size."""


def packed(model: Any) -> bytes:
    """The bytes of a `ModelT`: buffers aligned, and what occurs more than once written once.

    The generated code does neither. A file with a scale for each channel is full of equal lists of zero points.
    """
    import flatbuffers

    class Builder(flatbuffers.Builder):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(1024)
            self._written: dict[tuple[str, bytes], int] = {}

        def CreateNumpyVector(self, x: Array) -> int:  # noqa: N802
            key = (x.dtype.str, x.tobytes())
            if key not in self._written:
                if x.dtype == np.uint8:
                    self.Prep(BUFFER_ALIGNMENT, x.nbytes)
                self._written[key] = super().CreateNumpyVector(x)
            return self._written[key]

    builder = Builder()
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())
