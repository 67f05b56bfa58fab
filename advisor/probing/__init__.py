"""A short look at real gradients before any training: noise scale, curvature, range test."""
