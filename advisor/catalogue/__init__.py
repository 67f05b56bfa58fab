"""What is known about every optimizer and schedule, each fact in one place; all other rooms ask here."""
