"""The summaries that commands print."""
