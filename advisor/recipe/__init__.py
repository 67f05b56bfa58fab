"""A recommendation as torch objects and as code; the schedules as pure functions."""
