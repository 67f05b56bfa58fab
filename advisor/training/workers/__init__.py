"""Trials on other processes and machines: pure functions of (job, recipe, runs), dealt out and merged in any order.

A round of trials is cut into tasks. Workers carry them out to the end, and look at every run where it might be taken
out; when all are back, who would have been taken out is decided as if the runs had trained together here. So the answer
does not depend on who trained what, or in which order it came back.
"""
