"""Many copies of one model trained at once, as an ensemble with a leading dimension of its own."""
