"""Plans: what a method would do to a model, and how it is carried out."""
