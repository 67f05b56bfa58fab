"""Results as text, terminal summary and HTML page; never torch."""
