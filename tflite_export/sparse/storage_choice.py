"""`--sparse`: sparse storage where it makes a file smaller and LiteRT computes the same numbers with it."""

from collections.abc import Sequence
from dataclasses import dataclass

from edgeprune.contracts import plugins
from edgeprune.contracts.data import Array
from edgeprune.contracts.errors import ExportError
from edgeprune.tflite_export.contents.reader import parse
from edgeprune.tflite_export.conversion.convert import NUMERICS
from edgeprune.tflite_export.sparse.forms import OVERHEAD_BYTES, Form, SparseWeight, Weight, weights_with_zeros
from edgeprune.tflite_export.sparse.rewriting import with_sparse_weights
from edgeprune.tflite_export.verification.bounds import ErrorBound
from edgeprune.tflite_export.verification.raw_outputs import run_raw
from edgeprune.tflite_export.verification.verify import compare_raw

STRICTER = 0.1
"""A sparse file holds the same weights as the dense one, so it may be off by this share of its format's bound."""

CHECKED_EXAMPLES = 32


@dataclass(frozen=True, kw_only=True)
class Storage:
    """A file as it is to be written. `note` says what was chosen and why; empty where no weight has zeros."""

    data: bytes
    sparse: bool
    note: str = ""


def store(data: bytes, mode: str, quantize: str, examples: tuple[Array, ...]) -> Storage:
    """The file of a dense one by `--sparse` (`auto`, `on` or `off`).

    `auto` takes what makes the file smaller without making it several times slower, `on` all that makes it smaller.
    The sparse file is run on the first of `examples`, against the dense one.
    Raises ExportError for `on` where nothing can be stored sparsely.
    """
    if mode == "off":
        return Storage(data=data, sparse=False)
    model = parse(data, "the exported file")
    found = list(weights_with_zeros(model, data))
    paying = [weight for weight in found if isinstance(weight, SparseWeight) and _pays(weight)]
    chosen = [weight for weight in paying if mode == "on" or weight.form is not Form.UNPACKED_SLOW]
    sparse = with_sparse_weights(model, chosen) if chosen else data
    if len(sparse) >= len(data):
        if mode == "on":
            raise _refusal(found)
        return Storage(data=data, sparse=False, note=_why_dense(found))
    try:
        check_same(sparse, data, quantize, examples)
    except ExportError as error:
        if mode == "on":
            raise ExportError(
                f"--sparse on: {error.message}", "use --sparse auto, which keeps the file dense"
            ) from error
        return Storage(data=data, sparse=False, note=f"weights are stored with their zeros: {error.message}")
    note = f"stored sparsely, weights: {len(chosen)}, {len(data):,} → {len(sparse):,} bytes"
    return Storage(data=sparse, sparse=True, note=note + _left_out(found, chosen))


def check_same(sparse: bytes, dense: bytes, quantize: str, examples: tuple[Array, ...]) -> None:
    """Raise ExportError unless both files compute the same, but for the rounding of their kernels."""
    inputs = tuple(array[:CHECKED_EXAMPLES] for array in examples)
    bound: ErrorBound = plugins.load(NUMERICS, quantize).BOUND
    compare_raw(run_raw(sparse, inputs), run_raw(dense, inputs).raw, bound.scaled(STRICTER))


def _pays(weight: SparseWeight) -> bool:
    return weight.layout.bytes + OVERHEAD_BYTES < weight.size_bytes


def _refusal(found: Sequence[Weight]) -> ExportError:
    """Why nothing is stored sparsely, though it was asked for."""
    dense_only = _dense_only(found)
    if dense_only:
        return ExportError(
            f"--sparse on: {dense_only}",
            "use another --quantize (none and float16 store all zeros sparsely), or --sparse auto",
        )
    return ExportError(
        "--sparse on: expected weights with enough zeros to be smaller without them, found none",
        "prune first, with --sparsity 0.8 or more (--block 1x16 for int8), or use --sparse auto",
    )


def _why_dense(found: Sequence[Weight]) -> str:
    if not found:
        return ""
    why = _left_out(found, ()) or "; " + (_dense_only(found) or "without them the file would not be smaller")
    return f"weights are stored with their zeros{why}"


def _dense_only(found: Sequence[Weight]) -> str:
    """Which weights with zeros LiteRT reads only dense; empty if none."""
    readers = sorted({weight.reader for weight in found if not isinstance(weight, SparseWeight)})
    return f"LiteRT reads only dense: {'; '.join(readers)}" if readers else ""


def _left_out(found: Sequence[Weight], chosen: Sequence[Weight]) -> str:
    """Of the weights with zeros that stay dense, those about which something can be done."""
    able = [weight for weight in found if isinstance(weight, SparseWeight) and weight not in chosen]
    slow = [weight for weight in able if weight.form is Form.UNPACKED_SLOW and _pays(weight)]
    if not slow:
        return ""
    return (
        f"; {len(slow)} stay dense, as LiteRT's int8 kernels read zeros in blocks of 16 inputs only "
        "(prune with --block 1x16; --sparse on stores them unpacked at loading, smaller and several times slower)"
    )
