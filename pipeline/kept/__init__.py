"""What a run keeps so that nothing that took long is done twice: rows of a sweep, checkpoints of training."""
