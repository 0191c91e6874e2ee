"""A live model to the bytes of a .tflite file."""
