"""A table as the arrays that a model is trained on."""
