"""A live Keras model (of either Keras) to a verified .tflite file, and what can be measured of such a file."""
