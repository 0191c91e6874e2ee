"""Layers as linear maps: what each number of a kernel is multiplied with."""
