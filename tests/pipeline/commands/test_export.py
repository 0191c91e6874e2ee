"""`edgeprune export` from end to end."""

from ai_edge_litert.interpreter import Interpreter


def test_an_integer_file_has_integer_inputs_and_outputs_and_is_compared_with_the_float32_file(
    samples, edgeprune, tmp_path
):
    more = ("--quantize", "int8", "--io", "int8", "--data", samples / "digits.npz", "--format", "json")
    done = edgeprune("export", samples / "digits_mlp.h5", "--tflite", "m.tflite", *more, cwd=tmp_path)
    assert done.exit_code == 0, done.stderr
    original, written = done.json["rows"]
    assert (original["quantize"], written["quantize"]) == ("none", "int8")
    assert written["tflite_bytes"] < original["tflite_bytes"] / 3
    interpreter = Interpreter(model_path=str(tmp_path / "m.tflite"))
    details = (*interpreter.get_input_details(), *interpreter.get_output_details())
    assert [detail["dtype"].__name__ for detail in details] == ["int8", "int8"]
