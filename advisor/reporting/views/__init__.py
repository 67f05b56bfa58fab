"""Results ready to print: every string final, every number kept only where a chart draws it."""
