"""Opening a stranger's model file: read without TensorFlow, checked, then built by the Keras that saved it."""
