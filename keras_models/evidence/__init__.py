"""What a pass over data tells of a model's channels."""
