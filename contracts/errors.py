"""Every error that edgeprune raises on purpose, caught once at the command's edge.

    EdgepruneError                exit 1   it cannot be done
    ├── UsageError                exit 2   the request itself is wrong
    ├── ModelFileError                     missing, damaged, of the wrong kind
    │   └── UntrustedCodeError             the file holds code and nobody allowed it to run
    ├── ModelError                         a good file whose model cannot be handled
    ├── DataError                          the user's data does not fit
    ├── TrainingError                      training went wrong (a loss of NaN)
    ├── ExportError                        no right .tflite file could be made
    ├── OutputError                        the result cannot be written
    └── QualityGateError          exit 3   --min-score or --max-drop was missed

A message is one line: where, what was expected, what was found; `hint` says what to do next.
"""


class EdgepruneError(Exception):
    """It cannot be done; the message says where and why, the hint what to do next."""

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}; {self.hint}" if self.hint else self.message


class UsageError(EdgepruneError):
    """The request itself is wrong: an option, its value, or a combination."""

    exit_code = 2


class ModelFileError(EdgepruneError):
    """A model file is missing, damaged, or not what it was taken for."""


class UntrustedCodeError(ModelFileError):
    """A model file holds code, and the user has not said that it may run."""


class ModelError(EdgepruneError):
    """The file is good, but this model cannot be handled."""


class DataError(EdgepruneError):
    """The user's data is damaged or does not fit the model."""


class TrainingError(EdgepruneError):
    """Training cannot go on."""


class ExportError(EdgepruneError):
    """No .tflite file could be made that computes what the model computes."""


class OutputError(EdgepruneError):
    """A result cannot be written."""


class QualityGateError(EdgepruneError):
    """The result is worse than the user allowed; nothing was written."""

    exit_code = 3
