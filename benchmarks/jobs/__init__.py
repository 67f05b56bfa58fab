"""Real deep-learning jobs, small enough to train in a second or two: landscapes, replays of searches, and a report.

    pip install --group benchmarks
    python -m benchmarks.jobs list
    python -m benchmarks.jobs landscapes --split calibration     # goes on where it was stopped
    python -m benchmarks.jobs replay                             # seconds, no training
    python -m benchmarks.jobs report

Every kind of job is either for calibration or for report. Numbers in rules and code may be fitted on calibration jobs;
results are quoted on report jobs only. Nothing is downloaded: data come from packages, from Python's own sources and
from seeded generators.
"""
