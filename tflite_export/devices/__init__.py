"""What single devices need, and proof that a file runs on them."""
