"""Images, sequences and text in memory, data sets and loaders: a bounded draw, and what it says."""
