"""Remarks on a check as sentences."""

from __future__ import annotations

from collections.abc import Iterable

from advisor.reporting.sentences.template import fill
from advisor.reporting.sentences.verdicts import REMARKS
from advisor.results import Remark


def sentence_of(remark: Remark) -> str:
    """Return a remark in words.

    >>> from advisor.results import remark
    >>> sentence_of(remark("range_test_disagrees", spread=40.0))
    'Cannot tell: the estimators disagree by a factor of 40.'
    """
    return fill(REMARKS[remark.code], **dict(remark.values))


def paragraph_of(remarks: Iterable[Remark]) -> str:
    """Return remarks as one paragraph."""
    return " ".join(map(sentence_of, remarks))
