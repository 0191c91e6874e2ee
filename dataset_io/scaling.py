"""Conventions for the range of inputs: what `--scale` calls them, and what each does to the values."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from edgeprune.contracts.data import Array
from edgeprune.contracts.errors import DataError
from edgeprune.contracts.model import Port, Shape
from edgeprune.dataset_io.facts import Facts
from edgeprune.dataset_io.options import scale_range
from edgeprune.dataset_io.shapes import fitted_shape

IMAGENET_MEAN, IMAGENET_DEVIATION = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
"""Of pixels from 0 to 1, red, green, blue (`keras.applications.imagenet_utils.preprocess_input`, mode `torch`)."""
CAFFE_MEAN = np.array([103.939, 116.779, 123.68])
"""Of pixels from 0 to 255, blue, green, red (the same, mode `caffe`)."""

Numbers = tuple[float, ...]
"""One number for all values, or one for each channel."""


@dataclass(frozen=True, kw_only=True)
class Scaling:
    """(values - `shift`) / `divisor`, where `reverse` says so after the order of the channels was turned round.

    name: what `--scale` calls it; words: what it does to the values. A division, not a product: so pixels are the very
    numbers that the usual `x.astype("float32") / 255` gives.
    """

    name: str = "none"
    words: str = "are not scaled"
    shift: Numbers = (0.0,)
    divisor: Numbers = (1.0,)
    reverse: bool = False

    def apply(self, values: Array, *, may_change: bool) -> Array:
        """Scaled values; channels are the last axis. may_change: `values` may be written over."""
        if self.reverse:
            values, may_change = values[..., ::-1], False
        for operation, numbers, neutral in ((np.subtract, self.shift, 0.0), (np.divide, self.divisor, 1.0)):
            if set(numbers) != {neutral}:
                values = operation(values, np.asarray(numbers, values.dtype), out=values if may_change else None)
                may_change = True
        return values


AS_STORED = Scaling()


def conventions(port: Port, facts: Facts) -> tuple[str, ...]:
    """Names of the conventions in use for such values; the first is the one to believe without evidence."""
    if not _takes_floats(port):
        return ("none",)
    full = _full_scale(port, facts)
    if full is None:
        unit_image = _rank(port, facts) >= 3 and facts.minimum >= 0 and facts.maximum <= 1
        return ("none", "standard", *(("-1:1", "0:255") if unit_image else ()))
    in_colour = _rank(port, facts) >= 3 and channel_form(facts.shape, port.shape)[-1] == 3
    return ("0:1", "none", "-1:1", "standard", *(("torch", "caffe") if in_colour else ()))


def scaling_for(name: str, port: Port, facts: Facts, batches: Iterable[Array]) -> Scaling:
    """What `--scale` names, for one input of the model. batches: examples as the data has them, read for `standard`.

    Raises DataError where it does not fit this input.
    """
    if name == "none":
        return AS_STORED
    if not _takes_floats(port):
        raise DataError(
            f"input {port.name!r} takes {port.dtype}, which --scale {name} would turn into fractions",
            "leave --scale out",
        )
    if name == "standard":
        return _standard(port, facts, batches)
    low, high = _own_range(port, facts)
    if name in ("torch", "caffe"):
        return _imagenet(name, port, facts, high)
    wanted = scale_range(name)
    if isinstance(wanted, float):
        return Scaling(name=name, words=f"are multiplied by {name}", divisor=(1 / wanted,))
    divisor = (high - low) / (wanted[1] - wanted[0])
    shift = low - wanted[0] * divisor
    words = f"are divided by {divisor:g}" if shift == 0 else f"become {wanted[0]:g} to {wanted[1]:g}"
    return Scaling(name=name, words=words, shift=(shift,), divisor=(divisor,))


def is_pixels(port: Port, facts: Facts) -> bool:
    """Whether these are images of whole numbers."""
    return _full_scale(port, facts) is not None


def channel_form(found: Shape, wanted: Shape) -> Shape:
    """Of the forms that an example has in the data and in the model, the one whose last axis is its channels."""
    return max(found, wanted, key=len)


def _standard(port: Port, facts: Facts, batches: Iterable[Array]) -> Scaling:
    """Mean 0 and deviation 1 for each channel, or column of a table; grey images have one for all."""
    count, origin, total, squares = 0, np.zeros(1), np.zeros(1), np.zeros(1)
    for batch in batches:
        form = channel_form(batch.shape[1:], fitted_shape(batch.shape[1:], port.shape) or batch.shape[1:])
        values = batch.astype(np.float64).reshape(len(batch), *form)
        axes = tuple(range(values.ndim if values.ndim < 4 and is_pixels(port, facts) else values.ndim - 1))
        if not count:
            origin = np.atleast_1d(values.mean(axis=axes))  # sums of squares far from the mean would lose digits
        values -= origin
        total = total + values.sum(axis=axes)
        squares = squares + (values**2).sum(axis=axes)
        count += values.size // origin.size
    mean = total / count
    deviation = np.sqrt(np.maximum(squares / count - mean**2, 0.0))
    return Scaling(
        name="standard",
        words="are standardised by channel" if origin.size > 1 else "are standardised",
        shift=tuple((origin + mean).tolist()),
        divisor=tuple(np.where(deviation > 0, deviation, 1.0).tolist()),
    )


def _imagenet(name: str, port: Port, facts: Facts, full: float) -> Scaling:
    form = channel_form(facts.shape, port.shape)
    if len(form) < 3 or form[-1] != 3:
        raise DataError(
            f"--scale {name} is for images of three colours, input {port.name!r} takes {form}",
            "choose another --scale, or leave it out",
        )
    if name == "torch":
        shift, divisor = IMAGENET_MEAN * full, IMAGENET_DEVIATION * full
        words = "are standardised with ImageNet's means"
    else:
        shift, divisor = CAFFE_MEAN * full / 255, np.array([full / 255])
        words = "are less ImageNet's means, blue first"
    return Scaling(
        name=name,
        words=words,
        shift=tuple(shift.tolist()),
        divisor=tuple(divisor.tolist()),
        reverse=name == "caffe",
    )


def _own_range(port: Port, facts: Facts) -> tuple[float, float]:
    """From where to where values run: as their kind may, else as they do."""
    full = _full_scale(port, facts)
    if full is not None:
        return 0.0, float(full)
    if facts.minimum >= 0 and facts.maximum <= 1:
        return 0.0, 1.0
    return facts.minimum, max(facts.maximum, np.nextafter(facts.minimum, np.inf))


def _full_scale(port: Port, facts: Facts) -> int | None:
    """The largest value of a pixel, where this input holds whole-number images; None where it does not.

    An image has two axes or more, in the data or in the model, or is of bytes. Larger whole numbers count as
    pixels only as uint16: word numbers and counts are whole, too.
    """
    image_like = _rank(port, facts) >= 2 or facts.dtype == np.uint8
    if not (image_like and _takes_floats(port) and facts.whole) or facts.minimum < 0 or facts.maximum <= 1:
        return None
    if facts.maximum <= 255:
        return 255
    return 65535 if facts.dtype == np.uint16 else None


def _rank(port: Port, facts: Facts) -> int:
    return max(len(facts.shape), len(port.shape))


def _takes_floats(port: Port) -> bool:
    return port.dtype.startswith(("float", "bfloat"))
