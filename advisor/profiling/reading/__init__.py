"""Any source opened as a table of typed columns."""
