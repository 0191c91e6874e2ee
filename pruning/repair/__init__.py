"""Surviving weights that make up for those that went: least squares toward what a layer gave, no training."""
