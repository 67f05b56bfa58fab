"""What no model can explain of a target."""
