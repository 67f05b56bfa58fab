"""A symptom in words: its title, where in the run it shows, and what shows it."""

from __future__ import annotations

from advisor.language import gettext as _
from advisor.reporting.sentences import diagnosis as sentences
from advisor.reporting.sentences.template import fill
from advisor.results import Diagnosis, Symptom


def title_of(symptom: Symptom) -> str:
    """Return the name of a symptom, such as ``early rise``."""
    return _(sentences.SYMPTOMS[symptom.name])


def sentence_of(symptom: Symptom) -> str:
    """Return what shows a symptom, or why nothing can be said; empty when there is nothing to say."""
    if symptom.code is None:
        return symptom.sentence
    column = symptom.column or _(sentences.THE_LOSS)
    return fill(sentences.FINDINGS[symptom.code], column=column, **dict(symptom.numbers))


def place_of(symptom: Symptom, diagnosis: Diagnosis) -> str:
    """Return the stretch of the run in which a symptom shows, such as ``from step 1,200 of 4,000 on``."""
    begin, end = diagnosis.span
    first, last = (begin + share * (end - begin) for share in (symptom.start, symptom.end))
    if symptom.start <= 0.0 and symptom.end >= 1.0 and symptom.name != "overfitting":  # which has a best point
        key = "throughout"
    elif symptom.end >= 1.0:
        key = "to_the_end"
    else:
        key = "at" if round(first) == round(last) else "between"
    return fill(sentences.PLACES[key], unit=_(diagnosis.unit), first=first, last=last, end=end)
