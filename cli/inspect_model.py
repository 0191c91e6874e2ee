"""`edgeprune inspect`."""

from pathlib import Path
from typing import Annotated

import typer

from edgeprune.cli.examples import command_with_example
from edgeprune.cli.render import Format, FormatOption

File = Annotated[Path, typer.Argument(help="Saved Keras model or .tflite file.", metavar="MODEL")]
EXAMPLE = "edgeprune inspect sample_models/digits_mlp.h5"


def register(app: typer.Typer) -> None:
    """Add the command."""
    command_with_example(app, "inspect", EXAMPLE)(inspect_model)


def inspect_model(model: File, form: FormatOption = Format.TABLE) -> None:
    """Contents of a saved model or .tflite file, layer by layer, without loading TensorFlow."""
    from edgeprune.cli.inspect_tables import print_inspection
    from edgeprune.pipeline.commands.inspect import inspect
    from edgeprune.pipeline.files.output_swap import mend

    mend([model.parent])
    print_inspection(inspect(model), form)
