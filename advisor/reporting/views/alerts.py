"""What to do about a result, in order of importance: remarks on the check, what the data show, notes of rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from advisor.facts import DataFacts
from advisor.facts.data import CODE_FOR_MISSING, NUMBERS_AS_CODES, TARGET_GUESSED, TARGET_TOLD
from advisor.language import gettext as _
from advisor.language import translated
from advisor.reporting import formatting
from advisor.reporting.remarks import paragraph_of, sentence_of
from advisor.reporting.sentences.alerts import ACTIONS, DATA, DataAlertCode
from advisor.reporting.sentences.template import fill
from advisor.reporting.views.proof import leading_of
from advisor.reporting.views.reasons import NoteView, note_of
from advisor.results import Advice, Remark

Severity = Literal["error", "warning", "advice"]
COPIED = 0.99
"""Correlation with the target from which a feature is taken for a copy. Judgement: 2 % of the variance is left."""
ALIKE = 0.95
"""Correlation from which two features are taken for one. Judgement: a tenth of the variance is left."""
WITHOUT_NOISE = 0.005
"""Upper end of the noise's interval below which a target is suspicious. Judgement: measured targets have more."""
REPEATED = 0.05
"""Share of repeated rows from which they matter. Judgement: one held-out row in twenty has then been trained on."""
MOSTLY_MISSING = 0.5
"""Share of missing values from which a column is mostly guesswork. Judgement: more of it was filled in than read."""
TOGETHER = 0.05
"""Share of rows from which columns missing together are worth a look. Judgement: fewer are hard to tell from chance."""
MOST_OF_A_KIND = 2
"""Alerts of one kind at most. Judgement: the tables of the page hold the others."""
_OF_COLUMNS: tuple[tuple[str, Severity, DataAlertCode], ...] = (
    (TARGET_TOLD, "warning", "target_told"),
    (CODE_FOR_MISSING, "warning", "code_for_missing"),
    (NUMBERS_AS_CODES, "advice", "numbers_as_codes"),
)
"""What a remark on a feature says, and the alert that it is worth."""
_SEVERITIES: tuple[Severity, ...] = ("error", "warning", "advice")
_DOUBTS = {
    *("few_batches_decide", "few_rows_decide", "few_held_out_rows_decide"),
    *("iterator_consumed", "no_process_group", "default_ends_lower", "own_ends_lower"),
}
"""Remarks that put the answer in doubt; the others say what a larger budget would add."""


@dataclass(frozen=True, slots=True)
class Alert:
    """Something to do, and why.

    Attributes:
        code: of the remark or of what the data show; the id of the rule for a note of one.
        severity: error, warning or advice.
        title: what to do.
        text: why; empty where the reasons beside the answer say it.
        by_rule: a rule says so.
    """

    code: str
    severity: Severity
    title: str
    text: str
    by_rule: bool = False


def alerts_of(advice: Advice) -> tuple[Alert, ...]:
    """Return what to do, the most important first.

    Errors come before warnings and these before advice; among equals what the check showed before what the data show,
    and both before notes of rules, which keep the order of the trace.
    """
    notes = advice.recommendation.trace.notes
    found = [
        *_from_remarks(advice),
        *_from_data(advice.facts.data),
        *(_from_note(note_of(note)) for note in notes),
    ]
    return tuple(sorted(found, key=lambda alert: _SEVERITIES.index(alert.severity)))


def other_remarks(advice: Advice) -> tuple[str, ...]:
    """Return the remarks on a check that stand neither beside the answer nor among the alerts."""
    said = {*map(sentence_of, leading_of(advice.verdict))}
    rest = (remark for remark in _remarks(advice) if remark.code not in ACTIONS)
    return tuple(dict.fromkeys(text for text in map(sentence_of, rest) if text not in said))


def _remarks(advice: Advice) -> tuple[Remark, ...]:
    probe = advice.probe
    return (*advice.verdict.reasons, *advice.verdict.notes, *(probe.notes if probe is not None else ()))


def _from_remarks(advice: Advice) -> Iterator[Alert]:
    """Yield one alert for each thing to do."""
    by_action: dict[str, list[Remark]] = {}
    for remark in _remarks(advice):
        if remark.code in ACTIONS:
            by_action.setdefault(ACTIONS[remark.code], []).append(remark)
    leading = leading_of(advice.verdict)
    for action, remarks in by_action.items():
        severity: Severity = "warning" if any(remark.code in _DOUBTS for remark in remarks) else "advice"
        text = paragraph_of(dict.fromkeys(remark for remark in remarks if remark not in leading))
        yield Alert(remarks[0].code, severity, _(action), text)


def _from_note(note: NoteView) -> Alert:
    (severity,) = (known for known in _SEVERITIES if known == note.severity)
    return Alert(note.reason.id, severity, note.reason.title, note.text, by_rule=True)


def _from_data(data: DataFacts) -> Iterator[Alert]:
    if any(note.startswith(TARGET_GUESSED) for note in data.notes):
        yield _data_alert("warning", "target_guessed", target=_quoted(data.target_name or ""))
    told = {item.name for item in data.columns if TARGET_TOLD in (item.note or "")}
    yield from _from_columns(data)
    copies = [
        (pair, feature)
        for pair in data.correlation.with_target
        if abs(pair.correlation) >= COPIED
        and (feature := pair.second if pair.first == data.target_name else pair.first) not in told
    ]
    for pair, feature in copies[:MOST_OF_A_KIND]:
        yield _data_alert("warning", "target_copied", column=_quoted(feature), correlation=pair.correlation)
    if (
        not copies
        and not told
        and data.task == "regression"
        and data.noise.upper is not None
        and data.noise.upper < WITHOUT_NOISE
    ):
        yield _data_alert("warning", "target_without_noise", limit=WITHOUT_NOISE)
    if data.duplicates is not None and data.duplicates >= REPEATED:
        yield _data_alert("warning", "rows_repeated", share=data.duplicates)
    alike = [pair for pair in data.correlation.pairs if abs(pair.correlation) >= ALIKE]
    for pair in alike[:MOST_OF_A_KIND]:
        names = {"first": _quoted(pair.first), "second": _quoted(pair.second)}
        yield _data_alert("advice", "features_alike", correlation=pair.correlation, **names)
    features = (item for item in data.columns if item.role == "feature" and item.missing is not None)
    holes = sorted(
        ((item.missing, item.name) for item in features if item.missing is not None and item.missing >= MOSTLY_MISSING),
        reverse=True,
    )
    for share, name in holes[:MOST_OF_A_KIND]:
        yield _data_alert("advice", "mostly_missing", column=_quoted(name), share=share)
    together = [item for item in data.missing_patterns if len(item.columns) > 1 and item.share >= TOGETHER]
    for item in together[:MOST_OF_A_KIND]:
        yield _data_alert("advice", "missing_together", columns=_listed(item.columns), share=item.share)


def _from_columns(data: DataFacts) -> Iterator[Alert]:
    """Yield what remarks on single features ask for."""
    for said, severity, code in _OF_COLUMNS:
        found = [item for item in data.columns if item.role == "feature" and said in (item.note or "")]
        for item in found[:MOST_OF_A_KIND]:
            yield _data_alert(severity, code, column=_quoted(item.name), remark=translated(item.note or ""))


def _data_alert(severity: Severity, code: DataAlertCode, **values: float | str) -> Alert:
    said = DATA[code]
    return Alert(code, severity, fill(said.title, **values), fill(said.text, **values))


def _quoted(name: str) -> str:
    return f"'{formatting.name(name, 40)}'"


def _listed(names: tuple[str, ...]) -> str:
    shown = [_quoted(name) for name in names[:3]]
    if len(names) > len(shown):
        return fill("{names} and {more} more", names=", ".join(shown), more=str(len(names) - len(shown)))
    return fill("{first} and {last}", first=", ".join(shown[:-1]), last=shown[-1])
