"""Masks that change while a model is trained."""
