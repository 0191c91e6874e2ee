"""What is known of a model's channels: the graph of them, and what the data says; found out once."""

from collections.abc import Iterator
from functools import cached_property

from edgeprune.contracts.channel_statistics import ChannelStatistics
from edgeprune.contracts.channels import ChannelGraph, MacTerm
from edgeprune.contracts.data import Batch, Data
from edgeprune.contracts.errors import UsageError
from edgeprune.contracts.keras_model import KerasModel
from edgeprune.contracts.model import ModelGraph
from edgeprune.dataset_io.samples import some_batches
from edgeprune.keras_models.evidence.activation_statistics import activation_statistics
from edgeprune.keras_models.evidence.second_moments import BATCHES as MOMENT_BATCHES
from edgeprune.keras_models.evidence.second_moments import second_moments
from edgeprune.keras_models.evidence.sensitivity import BATCHES as GRADIENT_BATCHES
from edgeprune.keras_models.evidence.sensitivity import sensitivities
from edgeprune.keras_models.graphs.macs import mac_terms
from edgeprune.keras_models.training.loss_function import LossFunction
from edgeprune.pruning.channels import channel_graph
from edgeprune.pruning.cuts.linear_readers import linear_readers

BATCH_SIZE = 128
ACTIVATION_BATCHES = 80
"""About 10,000 examples: mean activations hardly change beyond."""


class ChannelEvidence:
    """The channels of a live model, with the weights that it has when something is first asked for.

    data, loss: None where there are none; then only what the weights tell can be found out.
    """

    def __init__(self, model: KerasModel, graph: ModelGraph, data: Data | None, loss: LossFunction | None) -> None:
        self._model = model
        self._model_graph = graph
        self._data = data
        self._loss = loss

    @cached_property
    def graph(self) -> ChannelGraph:
        """Which channels go together."""
        return channel_graph(self._model_graph)

    @cached_property
    def mac_terms(self) -> tuple[MacTerm, ...]:
        """What each channel costs."""
        return mac_terms(self._model_graph)

    def statistics(self, needs: str) -> ChannelStatistics | None:
        """What a criterion needs (`weights`, `activations`, `moments` or `gradients`), measured on the training part.

        Raises UsageError where it needs data and there is none.
        """
        if needs == "weights":
            return None
        if needs == "moments":
            return self._moments
        return self._activations if needs == "activations" else self._gradients

    @cached_property
    def _activations(self) -> ChannelStatistics:
        batches = self._batches(ACTIVATION_BATCHES)
        return ChannelStatistics(activations=activation_statistics(self._model, self._model_graph, self.graph, batches))

    @cached_property
    def _gradients(self) -> ChannelStatistics:
        if self._loss is None:
            raise _no_data()
        batches = self._batches(GRADIENT_BATCHES)
        return ChannelStatistics(sensitivities=sensitivities(self._model, self.graph, batches, self._loss.tensor))

    @cached_property
    def _moments(self) -> ChannelStatistics:
        readers = linear_readers(self._model_graph, self.graph)
        return ChannelStatistics(moments=second_moments(self._model, readers, self._batches(MOMENT_BATCHES)))

    def _batches(self, count: int) -> Iterator[Batch]:
        if self._data is None:
            raise _no_data()
        return some_batches(self._data, count * BATCH_SIZE, "channels", BATCH_SIZE)


def _no_data() -> UsageError:
    return UsageError("what channels do is measured on data, and there is none", "give --data D")
