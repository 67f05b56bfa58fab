"""A training log to a diagnosis: reading logs of many frameworks, detectors of symptoms, and what the rules change."""

from advisor.diagnosis.diagnose import diagnosis_of
from advisor.diagnosis.finding import Finding
from advisor.diagnosis.history import History, Series
from advisor.diagnosis.reading import read_history
from advisor.diagnosis.symptoms import Symptoms, detect_symptoms

__all__ = ["Finding", "History", "Series", "Symptoms", "detect_symptoms", "diagnosis_of", "read_history"]
