"""From a Keras model to a verified .tflite file, and back to its numbers."""
