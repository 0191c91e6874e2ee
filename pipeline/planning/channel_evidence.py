"""What is known of a session's channels: the graph of them, and what the data says; found out once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from edgeprune.contracts.channel_statistics import ChannelStatistics, Vector
from edgeprune.contracts.channels import ChannelGraph, MacTerm
from edgeprune.contracts.data import Batch
from edgeprune.dataset_io.samples import some_batches
from edgeprune.keras_models.evidence.activation_statistics import activation_statistics
from edgeprune.keras_models.evidence.second_moments import BATCHES as MOMENT_BATCHES
from edgeprune.keras_models.evidence.second_moments import second_moments
from edgeprune.keras_models.evidence.sensitivity import BATCHES as GRADIENT_BATCHES
from edgeprune.keras_models.evidence.sensitivity import sensitivities
from edgeprune.keras_models.graphs.macs import mac_terms
from edgeprune.pruning.channels import channel_graph
from edgeprune.pruning.cuts.reconstruction import linear_readers

if TYPE_CHECKING:
    from edgeprune.pipeline.session import Session

BATCH_SIZE = 128
ACTIVATION_BATCHES = 80
"""About 10,000 examples: mean activations hardly change beyond."""


class ChannelEvidence:
    """The channels of a model with its original weights."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @cached_property
    def graph(self) -> ChannelGraph:
        """Which channels go together."""
        return channel_graph(self._session.graph)

    @cached_property
    def mac_terms(self) -> tuple[MacTerm, ...]:
        """What each channel costs."""
        return mac_terms(self._session.graph)

    def statistics(self, needs: str) -> ChannelStatistics | None:
        """What a criterion needs (`weights`, `activations` or `gradients`), measured on the training part.

        Raises UsageError where it needs data and there is none.
        """
        if needs == "weights":
            return None
        return self._activations if needs == "activations" else self._gradients

    @cached_property
    def _activations(self) -> ChannelStatistics:
        session = self._session
        found = activation_statistics(
            session.loaded.model, session.graph, self.graph, self._batches(ACTIVATION_BATCHES)
        )
        return ChannelStatistics(activations=found)

    @cached_property
    def _gradients(self) -> ChannelStatistics:
        session = self._session
        found = sensitivities(session.loaded.model, self.graph, self._batches(GRADIENT_BATCHES), session.loss.tensor)
        return ChannelStatistics(sensitivities=found)

    @cached_property
    def second_moments(self) -> Mapping[str, Vector]:
        """Of what each layer reads that can be reconstructed."""
        readers = linear_readers(self._session.graph, self.graph)
        return second_moments(self._session.loaded.model, readers, self._batches(MOMENT_BATCHES))

    def _batches(self, count: int) -> Iterator[Batch]:
        return some_batches(self._session.require_data(), count * BATCH_SIZE, "channels", BATCH_SIZE)
