"""The two ways in which Keras writes the edges of a model, and the words for its operations that both share."""
