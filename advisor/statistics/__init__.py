"""Robust statistics that more than one room needs; numpy alone, so that light commands start fast."""
