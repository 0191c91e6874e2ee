"""Whether the data suits the model: scaled as it was trained, its classes in the order that it knows."""
