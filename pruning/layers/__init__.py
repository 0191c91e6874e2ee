"""Removal of whole layers and blocks: candidates from the graph, a greedy choice, a report. Only arrays and graphs."""
