"""What is wrong with a request, told before TensorFlow is imported."""
