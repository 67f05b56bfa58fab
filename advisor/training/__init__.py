"""One training job: its data, losses, budget and isolation; trainers for one run or many at once."""
