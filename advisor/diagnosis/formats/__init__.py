"""The forms in which frameworks write training logs; each module turns one of them into named columns or series."""
