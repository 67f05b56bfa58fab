"""Robust statistics and small linear algebra for more than one room, of light packages, so that commands start fast."""
