"""A training log to a diagnosis: reading logs of many frameworks, detectors of symptoms, and what the rules change."""

from advisor.diagnosis.diagnose import diagnosis_of
from advisor.diagnosis.finding import Sign
from advisor.diagnosis.history import History, Series
from advisor.diagnosis.reading import read_history
from advisor.diagnosis.symptoms import Reading, read_symptoms

__all__ = ["History", "Reading", "Series", "Sign", "diagnosis_of", "read_history", "read_symptoms"]
