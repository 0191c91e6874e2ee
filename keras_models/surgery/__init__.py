"""Smaller models from a plan: configs edited, weights sliced, the cut proven."""
