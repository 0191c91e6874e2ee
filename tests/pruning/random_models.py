"""Functional models grown at random: every step reads tensors that are there and adds one."""

import random
from typing import Any


class Grower:
    """Images of 4 x 4 positions; the numbers of channels differ."""

    def __init__(self, api: Any, seed: int) -> None:
        self.api, self.layers, self.random = api, api.layers, random.Random(seed)
        self.inputs = [api.Input((4, 4, 3)), api.Input((4, 4, 4))]
        self.tensors = list(self.inputs)
        self.shared = self.layers.Conv2D(4, 3, padding="same")

    def model(self, steps: int = 14) -> Any:
        """A model that reads the last tensors, so that most of what grew is used."""
        growths = [getattr(self, name) for name in sorted(vars(Grower)) if name.startswith("grow_")]
        while len(self.tensors) < steps + len(self.inputs):
            grown = self.random.choice(growths)(self.pick())
            if grown is not None:
                self.tensors.append(grown)
        last = [self.layers.Flatten()(x) for x in self.tensors[-4:]]
        outputs = [self.layers.Dense(2)(self.layers.Concatenate()(last)), self.layers.Dense(3)(last[0])]
        return self.api.Model(self.inputs, outputs)

    def pick(self) -> Any:
        """A tensor, more often a late one."""
        return self.random.choice(self.tensors[-5:])

    def like(self, x: Any) -> Any:
        """A tensor of the same shape: one that is there, or a new one."""
        same = [y for y in self.tensors if y.shape == x.shape and y is not x]
        if same and self.random.random() < 0.7:
            return self.random.choice(same)
        return self.layers.Conv2D(x.shape[-1], 1)(self.pick())

    def grow_convolution(self, x: Any) -> Any:
        return self.layers.Conv2D(self.random.choice([3, 4, 6, 8]), 3, padding="same", activation="relu")(x)

    def grow_groups(self, x: Any) -> Any:
        return self.layers.Conv2D(8, 3, padding="same", groups=2)(x) if x.shape[-1] % 2 == 0 else None

    def grow_alone(self, x: Any) -> Any:
        return self.layers.Conv2D(x.shape[-1], 3, padding="same", groups=x.shape[-1])(x)

    def grow_depthwise(self, x: Any) -> Any:
        return self.layers.DepthwiseConv2D(2, padding="same", depth_multiplier=2)(x) if x.shape[-1] < 7 else None

    def grow_separable(self, x: Any) -> Any:
        return self.layers.SeparableConv2D(5, 2, padding="same", depth_multiplier=2)(x)

    def grow_transposed(self, x: Any) -> Any:
        return self.layers.MaxPooling2D()(self.layers.Conv2DTranspose(6, 2, strides=2, padding="same")(x))

    def grow_dense(self, x: Any) -> Any:
        return self.layers.Dense(6, activation="tanh")(x)

    def grow_normalised(self, x: Any) -> Any:
        return self.layers.PReLU()(self.layers.BatchNormalization()(x))

    def grow_rarely_normalised_together(self, x: Any) -> Any:
        return self.layers.LayerNormalization()(x) if self.random.random() < 0.2 else None

    def grow_sum(self, x: Any) -> Any:
        kind = self.random.choice(["Add", "Subtract", "Multiply", "Maximum", "Average"])
        return getattr(self.layers, kind)()([x, self.like(x)])

    def grow_operators(self, x: Any) -> Any:
        return 0.5 * x - self.like(x) + 1.0

    def grow_concatenation(self, x: Any) -> Any:
        y = self.pick()
        return self.layers.Concatenate()([x, y]) if x.shape[-1] + y.shape[-1] < 16 else None

    def grow_slice(self, x: Any) -> Any:
        start = self.random.randrange(x.shape[-1])
        return x[..., start : self.random.randrange(start + 1, x.shape[-1] + 1)]

    def grow_gate(self, x: Any) -> Any:
        gate = self.layers.GlobalAveragePooling2D(keepdims=self.random.random() < 0.5)(x)
        gate = self.layers.Dense(x.shape[-1], activation="sigmoid")(self.layers.Dense(3, activation="relu")(gate))
        return self.layers.Multiply()([x, self.layers.Reshape((1, 1, x.shape[-1]))(gate)])

    def grow_shuffle(self, x: Any) -> Any:
        if x.shape[-1] % 2:
            return None
        y = self.layers.Permute((1, 2, 4, 3))(self.layers.Reshape((4, 4, 2, x.shape[-1] // 2))(x))
        return self.layers.Reshape((4, 4, x.shape[-1]))(y)

    def grow_bottleneck(self, x: Any) -> Any:
        y = self.layers.Dense(4 * 4 * 3, activation="relu")(self.layers.Flatten()(x))
        return self.layers.Reshape((4, 4, 3))(y)

    def grow_sequence(self, x: Any) -> Any:
        y = self.layers.Reshape((16, x.shape[-1]))(x)
        if self.random.random() < 0.5:
            y = self.layers.Bidirectional(self.layers.GRU(2, return_sequences=True))(y)
        else:
            y = self.layers.Add()([y, self.layers.MultiHeadAttention(2, 2)(y, y)])
        return self.layers.Reshape((4, 4, y.shape[-1]))(y)

    def grow_positions(self, x: Any) -> Any:
        y = self.layers.Permute((3, 1, 2))(x)
        return self.layers.Permute((2, 3, 1))(self.layers.Dense(4)(self.layers.Dense(3, activation="relu")(y)))

    def grow_shared(self, x: Any) -> Any:
        if self.shared.built and x.shape[-1] != self.shared.kernel.shape[-2]:
            return None
        return self.shared(x)

    def grow_nested(self, x: Any) -> Any:
        inside = self.api.Input(tuple(x.shape[1:]))
        y = self.layers.Conv2D(x.shape[-1], 1)(self.layers.Conv2D(5, 1, activation="relu")(inside))
        return self.api.Model(inside, self.layers.Add()([inside, y]))(x)
