"""Which operators of a file TFLite Micro lacks."""

from typing import Any

from edgeprune.contracts.processes.quiet import silenced
from edgeprune.tflite_export.contents.packing import packed


def missing_operators(data: bytes) -> list[str]:
    """Names of all operators of a file that the runtime has no kernel for.

    The runtime itself names only the first, and custom ones not at all. So each kind is tried alone, followed by an
    operator that does not exist: loading always ends there, before anything is prepared, or at the kind in question.
    """
    from tflite_micro.tensorflow.lite.micro.python import schema_py_generated as schema

    names = {number: name for name, number in vars(schema.BuiltinOperator).items() if isinstance(number, int)}
    model = schema.ModelT.InitFromPackedBuf(data, 0)
    missing = []
    for index in sorted({operator.opcodeIndex for graph in model.subgraphs for operator in graph.operators or ()}):
        if NOWHERE not in _refusal(_alone(schema.ModelT.InitFromPackedBuf(data, 0), index, schema)):
            code = model.operatorCodes[index]
            number = max(code.builtinCode, code.deprecatedBuiltinCode)  # old files keep it in a byte
            missing.append(code.customCode.decode() if code.customCode else names[number])
    return missing


NOWHERE = "PLACEHOLDER_FOR_GREATER_OP_CODES"
"""An entry of the schema that is no operator."""


def _alone(model: Any, index: int, schema: Any) -> bytes:
    """A file of the model with nothing but the first operator of the kind `index`, and `NOWHERE`."""
    graph, operator = next(
        (graph, operator)
        for graph in model.subgraphs
        for operator in graph.operators or ()
        if operator.opcodeIndex == index
    )
    nowhere = schema.OperatorT()
    nowhere.opcodeIndex, nowhere.inputs, nowhere.outputs = len(model.operatorCodes), [], []
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = getattr(schema.BuiltinOperator, NOWHERE)
    model.operatorCodes.append(code)
    for other in model.subgraphs:
        other.operators = [operator] if other is graph else []
    model.subgraphs[-1].operators.append(nowhere)
    return packed(model)


def _refusal(data: bytes) -> str:
    """What the runtime writes as it refuses a file."""
    from tflite_micro.python.tflite_micro import runtime

    with silenced() as written:
        try:
            runtime.Interpreter.from_bytes(data, arena_size=2**24)
        except RuntimeError as error:
            reason = str(error)
    return f"{written.text} {reason}"
