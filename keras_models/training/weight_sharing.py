"""Shared weights inside the compiled training step, for both Kerases: weights of one cluster stay equal.

After each step every weight becomes the mean of its cluster, which moves the shared value by the mean of its members'
updates. Han, Mao & Dally, "Deep Compression", ICLR 2016, section 3.3, sums gradients instead, for plain SGD.
"""

from collections.abc import Mapping
from typing import Any

from edgeprune.contracts.data import Array
from edgeprune.contracts.keras_model import KerasModel
from edgeprune.contracts.model import WeightKey


def share_weights(model: KerasModel, variables: Mapping[WeightKey, Any], members: Mapping[WeightKey, Array]) -> None:
    """Make the model's training step end with shared weights; must come before `fit` builds its function.

    members: the cluster of each weight, in the weight's shape, from 0 on.
    """
    import tensorflow as tf

    plain_step = model.train_step
    clusters = {
        key: (tf.Variable(member.ravel(), trainable=False), int(member.max()) + 1) for key, member in members.items()
    }

    def sharing_step(data: Any) -> Any:
        logs = plain_step(data)
        for key, (member, count) in clusters.items():
            variable = variables[key]
            values = tf.math.unsorted_segment_mean(tf.reshape(tf.convert_to_tensor(variable), [-1]), member, count)
            variable.assign(tf.reshape(tf.gather(values, member), variable.shape))
        return logs

    model.train_step = sharing_step
