"""`edgeprune methods`."""

import json

import typer

from edgeprune.cli.examples import command_with_example
from edgeprune.cli.render import Format, FormatOption, to_text, write
from edgeprune.cli.text_table import text_table
from edgeprune.contracts.plugins import catalogue

KINDS = {
    "pruning method (--method)": "edgeprune.pruning.methods",
    "criterion (--criterion)": "edgeprune.pruning.criteria",
    "numeric format (--quantize)": "edgeprune.tflite_export.numerics",
    "data format (--data)": "edgeprune.dataset_io.formats",
    "metric (--metric)": "edgeprune.dataset_io.metrics",
}
"""What each folder of plug-ins holds."""

EXAMPLE = "edgeprune methods"


def register(app: typer.Typer) -> None:
    """Add the command."""
    command_with_example(app, "methods", EXAMPLE)(methods)


def methods(form: FormatOption = Format.TABLE) -> None:
    """Names of pruning methods, criteria, numeric formats, data formats and metrics, one line each."""
    rows = [
        {"kind": kind, "name": name, "summary": summary}
        for kind, package in KINDS.items()
        for name, summary in catalogue(package).items()
    ]
    if form is Format.JSON:
        write(json.dumps({"schema_version": 1, "command": "methods", "rows": rows}, indent=2))
    elif form is Format.TABLE:
        for kind in KINDS:
            found = [[row["name"], row["summary"]] for row in rows if row["kind"] == kind]
            write(text_table(["name", "summary"], found, kind, left=2))
    else:
        write(to_text(rows, form))
