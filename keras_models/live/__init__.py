"""A loaded model of either Keras: its layers, weights, ports and answers."""
