"""Which channels of which weights belong together: the dependency graph of a model, found index by index.

`channel_graph` walks a ModelGraph once (tracer.py); what each kind of layer does to its channels stands in `rules/`.
"""

from edgeprune.pruning.channels.tracer import channel_graph

__all__ = ["channel_graph"]
