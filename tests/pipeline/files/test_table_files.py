"""csv and Markdown have what the table has; all of it is there for the asking."""

import csv
import io

from edgeprune.contracts.results import ClassScores, Measurement
from edgeprune.pipeline.files.columns import SWEEP
from edgeprune.pipeline.files.table_files import rows_text

CLASSES = ClassScores(names=("a", "b"), examples=(1, 1), scores=(1.0, 0.0))
ROWS = (
    Measurement(stage="original", quantize="none", metric="accuracy", score=0.98765, tflite_bytes=2048, macs=5),
    Measurement(
        stage="pruned",
        method="magnitude",
        sparsity_target=0.9,
        quantize="int8",
        sparse=True,
        metric="accuracy",
        score=0.5,
        loss=0.1,
        class_scores=CLASSES,
    ),
)


def in_csv(columns):
    return list(csv.DictReader(io.StringIO(rows_text(ROWS, columns, is_markdown=False))))


def test_csv_has_the_tables_columns_under_the_names_of_the_json():
    first, second = in_csv(SWEEP)
    assert list(first) == ["method", "sparsity_target", "quantize", "sparse", "metric", "score", "tflite_bytes"]
    assert (first["score"], first["tflite_bytes"], second["sparsity_target"]) == ("0.98765", "2048", "0.9")


def test_all_is_there_for_the_asking_but_lists():
    assert set(in_csv(None)[0]) == {*in_csv(SWEEP)[0], "stage", "loss", "macs"}
    assert rows_text(ROWS, None, is_markdown=True).startswith("| stage | method | sparsity_target | quantize |")


def test_markdown_reads_as_the_table_does():
    assert rows_text(ROWS, SWEEP, is_markdown=True).splitlines() == [
        "| point | numeric | accuracy | .tflite |",
        "| --- | --- | --- | --- |",
        "| unpruned | none | 98.77% | 2.00 KiB |",
        "| 0.9 | int8 sparse | 50.00% | – |",
    ]
