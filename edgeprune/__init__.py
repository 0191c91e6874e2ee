"""Prune saved Keras models, fine-tune them, and export verified TFLite files for edge devices.

The commands as functions: `edgeprune.prune(model, method="magnitude", sparsity=0.9, data=(x, y), epochs=2)`.
"""

# Nothing is imported before it is used: `python -m edgeprune` takes the working folder off the path only after this.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from edgeprune.contracts.errors import (
        DataError,
        EdgepruneError,
        ExportError,
        ModelError,
        ModelFileError,
        OutputError,
        QualityGateError,
        TrainingError,
        UntrustedCodeError,
        UsageError,
    )
    from edgeprune.interface.functions import benchmark, export, inspect, prune, sweep
    from edgeprune.interface.outcome import Outcome

__all__ = [
    "DataError",
    "EdgepruneError",
    "ExportError",
    "ModelError",
    "ModelFileError",
    "Outcome",
    "OutputError",
    "QualityGateError",
    "TrainingError",
    "UntrustedCodeError",
    "UsageError",
    "benchmark",
    "export",
    "inspect",
    "prune",
    "sweep",
]

if not TYPE_CHECKING:

    def __getattr__(name):
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        import importlib

        home = "contracts.errors" if name.endswith("Error") else "interface.functions"
        home = "interface.outcome" if name == "Outcome" else home
        return getattr(importlib.import_module(f"{__name__}.{home}"), name)

    def __dir__():
        return sorted({*globals(), *__all__})
