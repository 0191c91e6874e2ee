"""Pruning algorithms: NumPy arrays in, NumPy arrays out. No TensorFlow."""
