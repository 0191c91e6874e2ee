"""`edgeprune inspect`."""

from pathlib import Path
from typing import Annotated

import typer

from cli.render import Format, FormatOption

File = Annotated[Path, typer.Argument(help="Saved Keras model or .tflite file.", metavar="MODEL")]
EPILOG = "Example: edgeprune inspect sample_models/digits_mlp.h5"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("inspect", epilog=EPILOG)(inspect_model)


def inspect_model(model: File, form: FormatOption = Format.TABLE) -> None:
    """What is in a saved model, layer by layer, without loading TensorFlow."""
    from pipeline.inspect import inspect

    from cli.inspect_tables import print_inspection

    print_inspection(inspect(model), form)
