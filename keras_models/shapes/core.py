"""Dense and embedding layers, layers that keep the shape, and preprocessing."""

from typing import Any

from edgeprune.contracts.model import Shape
from edgeprune.keras_models.shapes.rules import LayerCall, Rule, einsum_shape, same_shape, window_length


def _input(call: LayerCall) -> Shape | None:
    shape = call.config.get("batch_shape") or call.config.get("batch_input_shape")
    return None if shape is None else tuple(shape)


def _dense(call: LayerCall) -> Shape | None:
    return (*call.shape[:-1], call.config["units"])


def _einsum_dense(call: LayerCall) -> Shape | None:
    equation = call.config["equation"].replace(" ", "")
    return einsum_shape(equation, [call.shape, einsum_kernel(equation, call.shape, call.config["output_shape"])])


def einsum_kernel(equation: str, shape: Shape, output_shape: Any) -> Shape:
    """Shape of the kernel of an EinsumDense: the axes that are not the input's stand in `output_shape`."""
    terms, output = equation.split("->")
    given, kernel = terms.split(",")
    made = tuple(output_shape) if isinstance(output_shape, list | tuple) else (output_shape,)
    front, _, back = given.partition("...")
    lengths = dict(zip(output[::-1].replace(".", ""), made[::-1], strict=False))
    lengths |= dict(zip(front, shape, strict=False)) | dict(zip(back[::-1], shape[::-1], strict=False))
    return tuple(lengths[letter] for letter in kernel)


def _embedding(call: LayerCall) -> Shape | None:
    if call.arguments.get("reverse"):
        return (*call.shape[:-1], call.config["input_dim"])
    return (*call.shape, call.config["output_dim"])


def _lambda(call: LayerCall) -> Shape | None:
    """Only what the config states: the function itself is code, which is never run here."""
    made = call.config.get("output_shape")
    if call.config.get("output_shape_type") in (None, "raw") and isinstance(made, list | tuple):
        return (call.shape[0], *made) if all(isinstance(length, int) for length in made) else None
    return None


def _image(call: LayerCall) -> Shape | None:
    height, width = call.config["height"], call.config["width"]
    if call.channels_first:
        return (*call.shape[:-2], height, width)
    return (*call.shape[:-3], height, width, call.shape[-1])


def _random_height(call: LayerCall) -> Shape | None:
    return (*call.shape[:-3], None, *call.shape[-2:])


def _random_width(call: LayerCall) -> Shape | None:
    return (*call.shape[:-2], None, call.shape[-1])


def _encoding(call: LayerCall) -> Shape | None:
    """CategoryEncoding; the other layers with an `output_mode` know their number of tokens only at run time."""
    tokens = call.config.get("num_tokens")
    if len(call.shape) < 2 or (call.config["output_mode"] == "one_hot" and call.shape[-1] is None):
        return None
    if call.config["output_mode"] == "one_hot" and call.shape[-1] != 1:
        return (*call.shape, tokens)
    return (*call.shape[:-1], tokens)


def _lookup(call: LayerCall) -> Shape | None:
    return call.shape if call.config.get("output_mode", "int") == "int" else None


def _text(call: LayerCall) -> Shape | None:
    if call.config.get("output_mode", "int") != "int" or call.config.get("ragged"):
        return None
    return (call.shape[0], call.config.get("output_sequence_length"))


def _mel_spectrogram(call: LayerCall) -> Shape | None:
    stride = call.config["sequence_stride"]
    *batch, length = call.shape
    return (*batch, call.config["num_mel_bins"], None if length is None else (length + stride + 1) // stride)


def _stft_spectrogram(call: LayerCall) -> Shape | None:
    config = call.config
    channels_first = call.channels_first
    length, channels = (call.shape[2], call.shape[1]) if channels_first else (call.shape[1], call.shape[2])
    if channels is None:
        return None
    stride = config["frame_step"] or config["frame_length"] // 2
    steps = window_length(length, config["frame_length"], stride, config["padding"])
    bins = (config["fft_length"] // 2 + 1) * (2 if config["mode"] == "stft" else 1)
    if config["expand_dims"]:
        return (call.shape[0], channels, steps, bins) if channels_first else (call.shape[0], steps, bins, channels)
    return (call.shape[0], bins * channels, steps) if channels_first else (call.shape[0], steps, bins * channels)


SAME_SHAPE = (
    "Activation", "ReLU", "LeakyReLU", "PReLU", "ELU", "ThresholdedReLU", "Softmax", "Identity", "Masking",
    "Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "GaussianDropout", "GaussianNoise",
    "AlphaDropout", "ActivityRegularization", "BatchNormalization", "BatchNormalizationV1", "BatchNormalizationV2",
    "SyncBatchNormalization", "LayerNormalization", "GroupNormalization", "UnitNormalization", "RMSNormalization",
    "Normalization", "Rescaling", "LayerScale", "CustomScaleLayer", "StochasticDepth",
    "AugMix", "AutoContrast", "CLAHE", "Equalization", "RandAugment", "RandomBrightness", "RandomColorDegeneration",
    "RandomColorJitter", "RandomContrast", "RandomElasticTransform", "RandomErasing", "RandomFlip",
    "RandomGaussianBlur", "RandomHue", "RandomInvert", "RandomPerspective", "RandomPosterization",
    "RandomRotation", "RandomSaturation", "RandomSharpness", "RandomShear", "RandomTranslation", "RandomZoom",
    "Solarization", "RandomGrayscale",
)  # fmt: skip

RULES: dict[str, Rule] = {
    **dict.fromkeys(SAME_SHAPE, same_shape),
    "InputLayer": _input,
    "Dense": _dense,
    "EinsumDense": _einsum_dense,
    "Embedding": _embedding,
    "ReversibleEmbedding": _embedding,
    "Lambda": _lambda,
    "Resizing": _image,
    "CenterCrop": _image,
    "RandomCrop": _image,
    "RandomHeight": _random_height,
    "RandomWidth": _random_width,
    "CategoryEncoding": _encoding,
    **dict.fromkeys(("Hashing", "HashedCrossing", "Discretization", "IntegerLookup", "StringLookup"), _lookup),
    "TextVectorization": _text,
    "MelSpectrogram": _mel_spectrogram,
    "STFTSpectrogram": _stft_spectrogram,
}
