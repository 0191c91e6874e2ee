"""Forms of recurrent layers for the converter leave the model as it was."""

from edgeprune.tflite_export.conversion.recurrent import unrolled


def unroll_flags(model):
    return [layer.unroll for layer in model._flatten_layers() if hasattr(layer, "unroll")]


def test_unrolling_reaches_inner_layers_and_is_taken_back(cases, kind):
    model = cases(kind, "bidirectional").model
    before = unroll_flags(model)
    with unrolled(model):
        assert all(unroll_flags(model))
    assert unroll_flags(model) == before
    assert not any(before)


def test_float_loops_are_calibrated_unrolled(cases, kind):
    from edgeprune.tflite_export.contents.reader import read_tflite

    case = cases(kind, "gru")
    assert "WHILE" in read_tflite(case.converter.convert("none"), "gru").operator_counts
    data = case.converter.convert("int8", calibration=case.examples)
    assert "WHILE" not in read_tflite(data, "gru").operator_counts
