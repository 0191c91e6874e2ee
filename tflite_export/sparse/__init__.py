"""Sparse storage: weights in the file without their zeros.

What LiteRT 2.3 reads, measured on real outputs (its delegate XNNPACK takes a sparse tensor for a dense one and
computes wrong numbers without a word, unless one of these holds):

    FULLY_CONNECTED, version 8   the delegate leaves it to LiteRT's own sparse kernels: float32 weights in blocks of
                                 1x4, int8 weights in blocks of 1x16 (activations int8 or float32)
    DENSIFY before the operator  any layout, unpacked once when the file is loaded. XNNPACK folds it away for float
                                 weights; int8 weights of a FULLY_CONNECTED need version 8 again, and its slow kernel

Refused: int8 weights of a convolution with float32 activations (`dynamic`), LSTM (crashes), 4-bit weights.
"""
