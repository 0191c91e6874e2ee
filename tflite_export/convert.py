"""A live Keras model to the bytes of a .tflite file."""

import gc
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from contracts import plugins
from contracts.data import Array
from contracts.errors import ExportError, UsageError
from contracts.model import Interface
from tflite_export import tracing
from tflite_export.calibration import Calibration
from tflite_export.conversion_errors import explain
from tflite_export.index_limits import index_limits
from tflite_export.port_names import with_port_names
from tflite_export.quiet import silenced

NUMERICS = "tflite_export.numerics"
SIGNATURE = "serving_default"


class Converter:
    """Converts one model as often as wanted; its graph is traced and saved only once.

    Each conversion takes the values that the model's weights have at that moment. Use it as a context manager,
    or call `close`: it keeps the graph in a temporary folder.

    The way is a SavedModel of nothing but the traced function and the variables: that keeps names and signature,
    lets the converter fuse LSTM layers of Keras 2, and serves both Kerases alike.
    """

    def __init__(self, model: Any, interface: Interface) -> None:
        """Trace the model with a batch of 1.

        Raises ExportError for an input whose shape is not fixed.
        """
        import tensorflow as tf

        self._model = model
        self._interface = interface
        self._function = tracing.trace(model, interface)
        self._module = tf.Module()
        self._module.variables_of_model = tracing.variables(model)
        self._folder = tempfile.TemporaryDirectory(prefix="edgeprune-")
        with silenced():
            tf.saved_model.save(self._module, self._folder.name, signatures={SIGNATURE: self._function})

    def __enter__(self) -> "Converter":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove the temporary folder."""
        self._folder.cleanup()

    @property
    def index_limits(self) -> tuple[int | None, ...]:
        """For each input that indexes a table (an Embedding), the table's length; None for the others."""
        return index_limits(self._function, len(self._interface.inputs))

    def convert(
        self,
        quantize: str,
        *,
        calibration: tuple[Array, ...] | None = None,
        io: str = "float32",
        allow_flex: bool = False,
    ) -> bytes:
        """The .tflite file of the model as it is now.

        `quantize` names a file of `numerics`; `calibration` are examples, one array for each input with the batch
        axis first; `io` is the type of the file's inputs and outputs; `allow_flex` admits operators that need the
        Flex delegate at run time.
        Raises UsageError for options that do not go together, ExportError where the model cannot be converted.
        """
        import tensorflow as tf

        numeric = plugins.load(NUMERICS, quantize)
        check_options(numeric, quantize, calibration, io)
        with silenced(), _cheap_collection():
            # The graph on disk stays; only the variables' values are written anew.
            checkpoint = tf.train.Checkpoint(variables_of_model=self._module.variables_of_model)
            checkpoint.write(str(Path(self._folder.name, "variables", "variables")))
            converter = tf.lite.TFLiteConverter.from_saved_model(self._folder.name)
            numeric.configure(converter, self._calibration(calibration), io)
            if allow_flex:
                operators = [*converter.target_spec.supported_ops, tf.lite.OpsSet.SELECT_TF_OPS]
                converter.target_spec.supported_ops = operators
            try:
                data = converter.convert()
            except Exception as error:  # whatever the converter raises means that there is no file
                raise explain(error, self._model) from error
        return with_port_names(data, self._interface)

    def _calibration(self, examples: tuple[Array, ...] | None) -> Calibration | None:
        if examples is None:
            return None
        names = tuple(tracing.INPUT_NAME.format(i) for i in range(len(examples)))
        ports = self._interface.inputs
        typed = tuple(array.astype(port.dtype) for array, port in zip(examples, ports, strict=True))
        return Calibration(names=names, examples=typed)


def convert(
    model: Any,
    interface: Interface,
    quantize: str,
    *,
    calibration: tuple[Array, ...] | None = None,
    io: str = "float32",
    allow_flex: bool = False,
) -> bytes:
    """Convert a model once; see `Converter.convert`."""
    with Converter(model, interface) as converter:
        return converter.convert(quantize, calibration=calibration, io=io, allow_flex=allow_flex)


def check_options(numeric: ModuleType, quantize: str, calibration: tuple[Array, ...] | None, io: str) -> None:
    """Raise UsageError or ExportError for options that the numeric format cannot serve."""
    if io not in numeric.IO:
        raise UsageError(
            f"--io {io}: --quantize {quantize} has inputs and outputs of {' or '.join(numeric.IO)}",
            "use --quantize int8 for --io int8",
        )
    if numeric.NEEDS_CALIBRATION and not (calibration and len(calibration[0])):
        raise ExportError(
            f"--quantize {quantize}: expected examples to calibrate on, found none",
            "pass --data with examples like those the device will see",
        )


@contextmanager
def _cheap_collection() -> Iterator[None]:
    """Keep the converter's own `gc.collect()` from walking through all of TensorFlow, half a second each time."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
