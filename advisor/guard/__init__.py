"""A watch on a training while it runs: the detectors of ``diagnosis``, step by step and in constant memory."""
