"""Numeric formats of a .tflite file, one file each; the stem is the value of `--quantize`.

A format is a module with

    SUMMARY             its help line
    NEEDS_CALIBRATION   whether it needs examples to find the ranges of activations
    IO                  the values of `--io` that it can give its inputs and outputs
    BOUND               how far its outputs may be from the model's (`verification/bounds.py`)
    configure(converter, calibration, io)
                        sets up a `tf.lite.TFLiteConverter`; without data, `calibration` has no examples

and, where LiteRT reads the format's weights with their zeros only,

    DENSE_ONLY          True

and, where a model can be trained with the format's rounding,

    configure_trained(converter, io)
                        sets the converter up for the ranges that such a model holds itself

and, where the converter alone cannot make the format,

    rework(data)        the converter's file (bytes) in this format

and, where single layers can be left in float,

    keep(data, tensors, io)
                        the converter's calibrated file in this format, but for the operators that compute the
                        tensors of these names
"""
