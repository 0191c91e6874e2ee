"""Everything that trains: fine-tuning, clusters, rounding, and where checkpoints lie."""
