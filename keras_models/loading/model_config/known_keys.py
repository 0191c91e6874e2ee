"""What Keras's own layers may state in their configs, as far as anything here depends on it.

Keys that are not listed are Keras's business. A class that is not listed is another's, and may state what it likes.
"""

from collections.abc import Mapping

from edgeprune.keras_models.loading.model_config.kinds import (
    AXES,
    AXIS,
    FLAG,
    NUMBER,
    OBJECT,
    SHAPE,
    TEXT,
    Kind,
    among,
    either,
    list_of,
    optional,
    per_axis,
    whole,
)
from edgeprune.keras_models.shapes import LAYER_RULES

Keys = Mapping[str, Kind]

_COUNT = whole(1)
_PER_AXIS = per_axis(_COUNT)
_AMOUNT = whole(0)
_AMOUNTS = Kind(
    "a whole number of at least 0, or up to three of them or of pairs",
    per_axis(either(_AMOUNT, list_of(_AMOUNT, range(2, 3)))).accepts,
)
_FUNCTION = optional(either(TEXT, OBJECT))
_LENGTHS = either(_COUNT, list_of(optional(_COUNT), range(65)))
_FACTOR = either(NUMBER, list_of(NUMBER))

OF_ANY_CLASS: Keys = {"trainable": FLAG, "batch_input_shape": optional(SHAPE)}
"""Of layers of any class: the first one of a Sequential model states the shape of its input."""

COMMON: Keys = {**OF_ANY_CLASS, "batch_shape": optional(SHAPE), "dtype": optional(either(TEXT, OBJECT))}
"""Of every layer of Keras's."""

_DENSE = {"units": _COUNT, "use_bias": FLAG, "activation": _FUNCTION}
_WINDOWS = {
    "strides": optional(_PER_AXIS),
    "padding": among("valid", "same", "causal", "full"),
    "data_format": optional(among("channels_last", "channels_first")),
}
_CONVOLUTION = {
    **_WINDOWS,
    "kernel_size": _PER_AXIS,
    "dilation_rate": optional(_PER_AXIS),
    "groups": optional(_COUNT),
    "depth_multiplier": _COUNT,
    "output_padding": optional(per_axis(_AMOUNT)),
    "implementation": whole(1, 3),
    "use_bias": FLAG,
    "activation": _FUNCTION,
}
_FILTERS = {**_CONVOLUTION, "filters": _COUNT}
_RETURNS = {
    "return_sequences": FLAG, "return_state": FLAG, "go_backwards": FLAG, "stateful": FLAG, "time_major": FLAG,
    "unroll": FLAG,
}  # fmt: skip
_RECURRENT = {**_DENSE, **_RETURNS, "recurrent_activation": _FUNCTION, "reset_after": FLAG}
_NORMALISATION = {"axis": AXES, "epsilon": NUMBER, "scale": FLAG, "center": FLAG, "rms_scaling": FLAG}
_ATTENTION = {
    "use_bias": FLAG,
    "output_shape": optional(_LENGTHS),
    "attention_axes": optional(AXES),
    "key_dim": _COUNT,
    "value_dim": optional(_COUNT),
    "num_heads": _COUNT,
    "head_dim": _COUNT,
    "num_query_heads": _COUNT,
    "num_key_value_heads": _COUNT,
}
_SCORES = {"use_scale": FLAG, "score_mode": among("dot", "concat")}
_IMAGE = {"height": _COUNT, "width": _COUNT, "data_format": optional(among("channels_last", "channels_first"))}
_EMBEDDING = {"input_dim": _COUNT, "output_dim": _COUNT}
_DROPOUT = {"rate": NUMBER}

LAYER_KEYS: Mapping[str, Keys] = {
    **{kind: {} for kind in LAYER_RULES},
    "Dense": _DENSE,
    "EinsumDense": {
        "equation": TEXT,
        "output_shape": _LENGTHS,
        "bias_axes": optional(TEXT),
        "activation": _FUNCTION,
    },
    **dict.fromkeys(("Embedding", "ReversibleEmbedding"), _EMBEDDING),
    **dict.fromkeys(("SimpleRNN", "GRU", "LSTM", "CuDNNGRU", "CuDNNLSTM"), _RECURRENT),
    **dict.fromkeys(("SimpleRNNCell", "GRUCell", "LSTMCell"), _RECURRENT),
    "RNN": _RETURNS,
    "StackedRNNCells": {},
    "TimeDistributed": {},
    "Bidirectional": {"merge_mode": optional(among("sum", "mul", "concat", "ave"))},
    "SpectralNormalization": {"power_iterations": whole(1, 1000)},
    "BatchNormalization": {**_NORMALISATION, "momentum": NUMBER, "virtual_batch_size": optional(_COUNT)},
    "BatchNormalizationV1": _NORMALISATION,
    "BatchNormalizationV2": _NORMALISATION,
    "SyncBatchNormalization": _NORMALISATION,
    "LayerNormalization": _NORMALISATION,
    "GroupNormalization": {**_NORMALISATION, "groups": whole(-1)},
    "RMSNormalization": {"axis": AXES, "epsilon": NUMBER},
    "UnitNormalization": {"axis": AXES},
    "Normalization": {"axis": optional(either(AXIS, list_of(AXIS)))},
    **dict.fromkeys(("MultiHeadAttention", "GroupQueryAttention", "GroupedQueryAttention"), _ATTENTION),
    "Attention": _SCORES,
    "AdditiveAttention": {"use_scale": FLAG},
    "PReLU": {"shared_axes": optional(list_of(AXIS))},
    "Softmax": {"axis": AXES},
    "Dropout": {**_DROPOUT, "noise_shape": optional(list_of(optional(whole(-1))))},
    **dict.fromkeys(("SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "GaussianDropout"), _DROPOUT),
    "Rescaling": {
        "scale": either(NUMBER, list_of(_FACTOR), OBJECT),
        "offset": either(NUMBER, list_of(_FACTOR), OBJECT),
    },
    "Activation": {"activation": _FUNCTION},
    "Concatenate": {"axis": AXIS},
    "Dot": {"axes": AXES, "normalize": FLAG},
    "Reshape": {"target_shape": list_of(optional(whole(-1)), range(65))},
    "Permute": {"dims": list_of(whole(1, 64), range(65))},
    "RepeatVector": {"n": _COUNT},
    "Flatten": {"data_format": optional(among("channels_last", "channels_first"))},
    **dict.fromkeys(("Resizing", "CenterCrop", "RandomCrop"), _IMAGE),
    "CategoryEncoding": {"num_tokens": optional(_COUNT), "output_mode": TEXT},
    "Discretization": {"num_bins": optional(_COUNT)},
    "Hashing": {"num_bins": _COUNT},
    "HashedCrossing": {"num_bins": _COUNT},
    "TextVectorization": {"output_sequence_length": optional(_COUNT), "max_tokens": optional(_COUNT)},
    **{f"{kind}Lookup": {"max_tokens": optional(_COUNT)} for kind in ("Integer", "String")},
    "MelSpectrogram": {
        "sequence_stride": _COUNT,
        "num_mel_bins": _COUNT,
        "fft_length": _COUNT,
        "sequence_length": optional(_COUNT),
    },
    "STFTSpectrogram": {
        "frame_length": _COUNT,
        "frame_step": optional(_COUNT),
        "fft_length": optional(_COUNT),
        "mode": TEXT,
        "padding": among("valid", "same"),
        "expand_dims": FLAG,
    },
    **{f"Conv{rank}D": _FILTERS for rank in (1, 2, 3)},
    **{f"Convolution{rank}D": _FILTERS for rank in (1, 2, 3)},
    **{f"Conv{rank}DTranspose": _FILTERS for rank in (1, 2, 3)},
    **{f"SeparableConv{rank}D": _FILTERS for rank in (1, 2, 3)},
    **{f"LocallyConnected{rank}D": _FILTERS for rank in (1, 2, 3)},
    **{f"ConvLSTM{rank}D": {**_FILTERS, **_RETURNS, "recurrent_activation": _FUNCTION} for rank in (1, 2, 3)},
    **{f"ConvLSTM{rank}DCell": _FILTERS for rank in (1, 2, 3)},
    **{f"DepthwiseConv{rank}D": _CONVOLUTION for rank in (1, 2, 3)},
    **{
        f"{pool}Pooling{rank}D": {**_WINDOWS, "pool_size": _PER_AXIS}
        for pool in ("Max", "Average")
        for rank in (1, 2, 3)
    },
    **{
        f"Global{pool}Pooling{rank}D": {"keepdims": FLAG, "data_format": _WINDOWS["data_format"]}
        for pool in ("Max", "Average")
        for rank in (1, 2, 3)
    },
    **{
        f"Adaptive{pool}Pooling{rank}D": {"output_size": _PER_AXIS, "data_format": _WINDOWS["data_format"]}
        for pool in ("Max", "Average")
        for rank in (1, 2, 3)
    },
    **{f"ZeroPadding{rank}D": {"padding": _AMOUNTS, "data_format": _WINDOWS["data_format"]} for rank in (1, 2, 3)},
    **{f"Cropping{rank}D": {"cropping": _AMOUNTS, "data_format": _WINDOWS["data_format"]} for rank in (1, 2, 3)},
    **{f"UpSampling{rank}D": {"size": _PER_AXIS, "data_format": _WINDOWS["data_format"]} for rank in (1, 2, 3)},
}

REQUIRED = frozenset({
    "units", "filters", "kernel_size", "input_dim", "output_dim", "target_shape", "dims", "n", "equation", "axes",
    "height", "width",
})  # fmt: skip
"""Keys that Keras cannot build a layer without, wherever its class has them."""

HELD_LAYERS: Mapping[str, Mapping[str, bool]] = {
    "TimeDistributed": {"layer": True},
    "Bidirectional": {"layer": True, "backward_layer": False},
    "SpectralNormalization": {"layer": True},
    "RNN": {"cell": True},
}
"""Keys whose values are serialized layers, and whether they must be there."""
