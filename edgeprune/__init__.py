"""Prune saved Keras models, fine-tune them, and export verified TFLite files for edge devices."""
