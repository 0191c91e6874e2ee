"""Pruning methods: one file each; its stem is the value of --method."""
