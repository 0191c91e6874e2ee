"""A .tflite file as it runs on this machine: outputs, times, energy."""
