"""Tables that lie on many machines: the accumulators run where the rows are, and only their state travels."""
