"""One training job: its data, losses, budget and isolation; trainers for one model after another and for many at once."""
