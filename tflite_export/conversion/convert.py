"""A live Keras model to the bytes of a .tflite file."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import ModuleType
from typing import Any

from edgeprune.contracts import plugins
from edgeprune.contracts.data import Array
from edgeprune.contracts.errors import EdgepruneError, ExportError, UsageError
from edgeprune.contracts.keras_model import KerasModel
from edgeprune.contracts.model import Interface
from edgeprune.contracts.processes.quiet import silenced
from edgeprune.tflite_export.conversion import tracing
from edgeprune.tflite_export.conversion.calibration import Calibration
from edgeprune.tflite_export.conversion.conversion_errors import cannot_trace, explain
from edgeprune.tflite_export.conversion.finish import finish
from edgeprune.tflite_export.conversion.layer_scopes import matching_layers, recorded_scopes, tensors_of_layers
from edgeprune.tflite_export.conversion.ranges import with_own_ranges
from edgeprune.tflite_export.conversion.recurrent import agree, fused_lstm, has_loops, may_loop, unrolled
from edgeprune.tflite_export.conversion.start_states import with_own_start_states
from edgeprune.tflite_export.conversion.tracing import SavedGraph
from edgeprune.tflite_export.conversion.weight_places import WeightPlaces, weight_places

NUMERICS = "edgeprune.tflite_export.numerics"
Configure = Callable[[Any], None]


class Converter:
    """Converts one model as often as wanted; its graph is traced and saved only once.

    Each conversion takes the values that the model's weights have at that moment. Use it as a context manager,
    or call `close`: it keeps the graph in a temporary folder.
    """

    def __init__(self, model: KerasModel, interface: Interface) -> None:
        """Trace the model with a batch of 1.

        Raises ExportError for a model that cannot be traced with fixed shapes in float32.
        """
        self._model = model
        self._interface = interface
        with silenced(), fused_lstm(), recorded_scopes(model) as self._scopes:
            self._graph = self._trace()
        self._unrolled: SavedGraph | None = None
        self._places: WeightPlaces | None = None

    def __enter__(self) -> "Converter":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove the temporary folders."""
        self._graph.close()
        if self._unrolled is not None:
            self._unrolled.close()

    def convert(
        self,
        quantize: str,
        *,
        calibration: tuple[Array, ...] | None = None,
        io: str = "float32",
        allow_flex: bool = False,
        keep_float: tuple[str, ...] = (),
        trained: bool = False,
        clustered: bool = False,
    ) -> bytes:
        """The .tflite file of the model as it is now.

        `quantize` names a file of `numerics`; `calibration` are examples, one array for each input with the batch
        axis first; `io` is the type of the file's inputs and outputs; `allow_flex` admits operators that need the
        Flex delegate at run time; layers whose names match one of the globs `keep_float` are not quantized; `trained`
        says that the model was trained with the format's rounding, and holds the ranges itself; `clustered` that the
        kernels have few different values, which then stay few.
        Raises UsageError for options that do not go together, ExportError where the model cannot be converted.
        """
        is_plain = quantize == "none" and not (keep_float or allow_flex)
        if is_plain and self._places:
            return self._places.filled()
        numeric = plugins.load(NUMERICS, quantize)
        check_options(numeric, quantize, calibration, io, keep_float)
        kept = matching_layers(self._model, keep_float)
        examples = self._calibration(calibration) if calibration else Calibration(names=(), examples=())
        configure = _configuration(numeric, examples, io, trained, clustered)
        with silenced(), _cheap_collection():
            if kept and not trained:
                data = self._run_keeping(numeric, configure, examples, kept, io, allow_flex)
            elif numeric.NEEDS_CALIBRATION and not trained and may_loop(self._graph.function):
                data = self._run_calibrated(configure, examples, allow_flex)
            elif hasattr(numeric, "quantize") and not trained and not allow_flex:
                data = self._run_ranged(numeric, configure, examples, io, clustered)
            else:
                data = self._run(self._graph, configure, allow_flex)
            data = data if kept else getattr(numeric, "rework", bytes)(data)
        return self._finished(data, is_plain)

    def _finished(self, data: bytes, is_plain: bool) -> bytes:
        data = finish(data, self._interface)
        if is_plain:
            self._places = weight_places(data, self._graph.function.graph.variables)
        return data

    def _trace(self) -> SavedGraph:
        try:
            return SavedGraph(tracing.trace(self._model, self._interface))
        except EdgepruneError:
            raise
        except Exception as error:  # whatever a model's layers raise means that there is no graph
            raise cannot_trace(error) from error

    def _run(self, graph: SavedGraph, configure: Configure, allow_flex: bool) -> bytes:
        import tensorflow as tf

        converter = tf.lite.TFLiteConverter.from_saved_model(graph.with_current_values())
        configure(converter)
        if allow_flex:
            operators = [*converter.target_spec.supported_ops, tf.lite.OpsSet.SELECT_TF_OPS]
            converter.target_spec.supported_ops = operators
        try:
            data = bytes(converter.convert())
        except Exception as error:  # whatever the converter raises means that there is no file
            raise explain(error, self._model) from error
        return with_own_start_states(data)

    def _run_calibrated(self, configure: Configure, calibration: Calibration, allow_flex: bool) -> bytes:
        """A calibrated file of a recurrent model: with fused LSTMs where they come out right, else unrolled."""
        floats = self._run(self._graph, lambda _: None, allow_flex)
        if not has_loops(floats):
            with suppress(ExportError):  # TensorFlow 2.21 has no fused LSTM in 16x8
                data = self._run(self._graph, configure, allow_flex)
                if agree(data, floats, calibration):
                    return data
        if self._unrolled is None:
            with unrolled(self._model):
                self._unrolled = self._trace()
        if has_loops(self._run(self._unrolled, lambda _: None, allow_flex)):
            raise ExportError(
                "the model holds a loop that cannot be unrolled, which TensorFlow cannot calibrate",
                "export with --quantize dynamic instead",
            )
        return self._run(self._unrolled, configure, allow_flex)

    def _run_ranged(
        self, numeric: ModuleType, configure: Configure, calibration: Calibration, io: str, clustered: bool
    ) -> bytes:
        """A calibrated file by the ranges of each activation's own values."""
        data = self._run(self._graph, _calibrating(configure), allow_flex=False)
        try:
            return bytes(numeric.quantize(with_own_ranges(data, calibration), io, clustered=clustered))
        except Exception as error:  # the converter's quantizer raises what the converter does
            raise explain(error, self._model) from error

    def _run_keeping(
        self,
        numeric: ModuleType,
        configure: Configure,
        calibration: Calibration,
        kept: set[str],
        io: str,
        allow_flex: bool,
    ) -> bytes:
        """A file in which the layers named `kept` stay in float."""
        if numeric.NEEDS_CALIBRATION and may_loop(self._graph.function):
            raise ExportError(
                "--keep-float: expected a model without recurrent layers, as their steps have no names in the file",
                "leave --keep-float out, or export with --quantize int4",
            )
        data = self._run(self._graph, _calibrating(configure), allow_flex)
        if hasattr(numeric, "quantize") and not allow_flex:
            data = with_own_ranges(data, calibration)
        names = tensors_of_layers(data, self._graph.function, self._scopes, kept)
        return bytes(numeric.keep(data, names, io))

    def _calibration(self, examples: tuple[Array, ...]) -> Calibration:
        names = tuple(tracing.INPUT_NAME.format(i) for i in range(len(examples)))
        ports = self._interface.inputs
        typed = tuple(array.astype(port.dtype) for array, port in zip(examples, ports, strict=True))
        return Calibration(names=names, examples=typed)


def convert(
    model: KerasModel,
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


def _configuration(numeric: ModuleType, examples: Calibration, io: str, trained: bool, clustered: bool) -> Configure:
    """What sets a converter up for a numeric format."""

    def configure(converter: Any) -> None:
        if trained:
            numeric.configure_trained(converter, io)
        else:
            numeric.configure(converter, examples, io)
        # A scale for each output would make of each shared value as many as there are outputs.
        converter._experimental_disable_per_channel_quantization_for_dense_layers = clustered

    return configure


def _calibrating(configure: Configure) -> Configure:
    """The same set-up for a float file that only holds the ranges."""

    def calibrate_only(converter: Any) -> None:
        configure(converter)
        converter._experimental_calibrate_only = True

    return calibrate_only


def check_options(
    numeric: ModuleType, quantize: str, calibration: tuple[Array, ...] | None, io: str, keep_float: tuple[str, ...]
) -> None:
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
    if keep_float:
        check_keep_float(quantize)


def can_keep_float(quantize: str) -> bool:
    """Whether a numeric format can leave single layers in float."""
    return hasattr(plugins.load(NUMERICS, quantize), "keep")


def check_keep_float(quantize: str) -> None:
    """Raise UsageError for a numeric format that treats all layers alike."""
    if not can_keep_float(quantize):
        able = [name for name in plugins.catalogue(NUMERICS) if can_keep_float(name)]
        raise UsageError(
            f"--keep-float: --quantize {quantize} treats all layers alike", f"use --quantize {' or '.join(able)}"
        )


@contextmanager
def _cheap_collection() -> Iterator[None]:
    """Keep the converter's own `gc.collect()` from walking through all of TensorFlow, half a second each time."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
