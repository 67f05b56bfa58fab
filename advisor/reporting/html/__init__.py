"""Self-contained pages and notebook fragments."""
