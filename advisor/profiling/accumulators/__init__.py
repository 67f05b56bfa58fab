"""Mergeable statistics: what is true of two parts is added up to what is true of both."""
