"""Why: the learning rate as steps, the notes, and the rules that could not be judged."""

from __future__ import annotations

import math
from dataclasses import dataclass

from advisor.facts import Facts
from advisor.facts.applicability import can_have
from advisor.language import gettext as _
from advisor.language import phrase
from advisor.reporting import formatting, labels
from advisor.reporting.remarks import paragraph_of
from advisor.reporting.sentences.template import fill
from advisor.results import Citation, Contribution, Note, Overridden, Recommendation, RuleUse, Trace, Verdict
from advisor.results.trace import Scalar

_WHY_OVERRIDDEN = {
    "tier": phrase("which takes precedence"),
    "overrides": phrase("which overrides it"),
    "overlay": phrase("which is a rule of yours"),
    "specificity": phrase("which fits this case more closely"),
    "strength": phrase("which is the stronger recommendation"),
    "tie": phrase("which comes first by name; nothing else decides between them"),
    "user": phrase("because you fixed it"),
    "trials": phrase("because the trials tried another"),
}
_HOW_TO_TELL = {
    "probe": phrase("measured when a budget above none is given"),
    "history": phrase("read from the log of an earlier run"),
}


@dataclass(frozen=True, slots=True)
class Source:
    """A citation; ``url`` is empty unless it is a plain web address."""

    title: str
    at: str
    says: str
    url: str


@dataclass(frozen=True, slots=True)
class Reason:
    """A rule as a reader needs it."""

    id: str
    title: str
    because: str
    grade: str
    grade_title: str
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class FactUsed:
    """A fact that a rule looked at."""

    path: str
    value: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step from the starting value to the learning rate.

    Attributes:
        kind: anchor, scale, limit, measurement, trials or user.
        lead: what the step does: ``start at 1e-3``, ``× 0.71``, ``at most 5e-3``.
        before, after: the learning rate around the step, as numbers for charts; before is None at the start.
        range: how sure the step's value is; empty when not stated.
    """

    kind: str
    lead: str
    before: float | None
    after: float
    after_text: str
    range: str
    reason: Reason
    facts: tuple[FactUsed, ...] = ()


@dataclass(frozen=True, slots=True)
class NoteView:
    """A piece of advice or a warning with the rule behind it."""

    severity: str
    title: str
    text: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Waiting:
    """A rule that waits for a fact; ``also`` are the other facts it needs."""

    rule: str
    title: str
    also: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """An unknown fact and the rules that it would decide."""

    path: str
    meaning: str
    unit: str
    how: str
    rules: tuple[Waiting, ...]


@dataclass(frozen=True, slots=True)
class Yielded:
    """A rule that fired and gave way."""

    rule: str
    title: str
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class Reasons:
    """Everything behind the answer."""

    steps: tuple[Step, ...]
    notes: tuple[NoteView, ...]
    questions: tuple[Question, ...]
    yielded: tuple[Yielded, ...]
    fired: int
    considered: int

    @property
    def warnings(self) -> tuple[NoteView, ...]:
        """Notes that ask for attention, errors first."""
        return tuple(note for note in self.notes if note.severity != "advice")

    @property
    def advice(self) -> tuple[NoteView, ...]:
        """Notes that suggest something."""
        return tuple(note for note in self.notes if note.severity == "advice")


def reasons_of(rec: Recommendation, verdict: Verdict | None = None, facts: Facts | None = None) -> Reasons:
    """Gather the reasons behind a recommendation.

    Args:
        rec: the recommendation.
        verdict: adds what the trials changed.
        facts: of the job; what it cannot have is no open question then.
    """
    trace = rec.trace
    order = {"error": 0, "warning": 1, "advice": 2}
    return Reasons(
        steps=(*(_step(item) for item in trace.contributions), *_last_step(rec, verdict)),
        notes=tuple(note_of(item) for item in sorted(trace.notes, key=lambda note: order[note.severity])),
        questions=_questions(trace, facts),
        yielded=tuple(_yielded(item) for item in trace.overridden),
        fired=len(trace.fired),
        considered=trace.rules,
    )


def reason_of(rule: RuleUse) -> Reason:
    """Return a rule as a reader needs it."""
    return Reason(
        rule.id,
        _(rule.title),
        _(rule.because),
        rule.grade,
        _(labels.GRADES[rule.grade]),
        tuple(_source(item) for item in rule.sources),
    )


def facts_used(facts: tuple[tuple[str, Scalar], ...]) -> tuple[FactUsed, ...]:
    """Return facts with their values in words."""
    found = []
    for path, value in facts:
        meaning, unit = labels.fact_meaning(path)
        found.append(FactUsed(path, formatting.fact_value(value, unit), meaning))
    return tuple(found)


def _source(item: Citation) -> Source:
    is_web = item.url.startswith(("https://", "http://"))
    return Source(item.title, item.at, item.says, item.url if is_web else "")


def _step(item: Contribution) -> Step:
    match item.kind:
        case "anchor":
            lead = fill("start at {rate:rate}", rate=item.value)
        case "scale":
            lead = _("less certain") if item.value == 1.0 and item.range is not None else formatting.factor(item.value)
        case "limit":
            is_upper = item.before is None or item.before >= item.after
            lead = fill(phrase("at most {rate:rate}") if is_upper else phrase("at least {rate:rate}"), rate=item.value)
        case "measurement":
            lead = fill("measured {rate:rate}", rate=item.value)
    span = ""
    if item.range is not None:
        write = formatting.number if item.kind == "scale" else formatting.rate
        span = formatting.between(write(item.range.lower), write(item.range.upper))
    return Step(
        kind=item.kind,
        lead=lead,
        before=item.before,
        after=item.after,
        after_text=formatting.rate(item.after),
        range=span,
        reason=reason_of(item.rule),
        facts=facts_used(item.facts),
    )


def _last_step(rec: Recommendation, verdict: Verdict | None) -> tuple[Step, ...]:
    """What moved the rate after the rules had spoken: you, or the trials."""
    reached = rec.trace.contributions[-1].after if rec.trace.contributions else None
    if reached is None or math.isclose(reached, rec.learning_rate, rel_tol=1e-6):
        return ()
    fixed = any(choice.setting == "learning_rate" and choice.by == "user" for choice in rec.trace.choices)
    if fixed:
        reason = Reason("", _("You fixed the learning rate"), _("It was checked, not chosen."), "", "", ())
        lead = fill("fixed at {rate:rate}", rate=rec.learning_rate)
    elif verdict is not None and verdict.status != "not_run":
        reason = Reason(
            "", _("Trials moved it"), paragraph_of(verdict.reasons), "measured", _("measured on your data"), ()
        )
        lead = formatting.factor(rec.learning_rate / reached)
    else:
        reason = Reason("", _("Changed after the rules had spoken"), "", "", "", ())
        lead = formatting.factor(rec.learning_rate / reached)
    after = rec.learning_rate
    return (Step("user" if fixed else "trials", lead, reached, after, formatting.rate(after), "", reason),)


def note_of(item: Note) -> NoteView:
    """Return a note as a reader needs it."""
    title = {"error": _("Error"), "warning": _("Warning"), "advice": _("Advice")}[item.severity]
    return NoteView(item.severity, title, _(item.text), reason_of(item.rule))


def _questions(trace: Trace, facts: Facts | None) -> tuple[Question, ...]:
    """Turn rules with missing facts round: facts with the rules that wait for them, the most wanted first."""
    waiting: dict[str, list[Waiting]] = {}
    for item in trace.undecided:
        for path in item.missing:
            also = tuple(other for other in item.missing if other != path)
            waiting.setdefault(path, []).append(Waiting(item.rule, _(item.title), also))
    found = []
    for path, rules in waiting.items():
        if path.startswith("history."):  # symptoms of a run that has not begun
            continue
        if facts is not None and not can_have(path, facts):
            continue
        meaning, unit = labels.fact_meaning(path)
        group = path.split(".", maxsplit=1)[0]
        how = _(_HOW_TO_TELL[group]) if group in _HOW_TO_TELL else f"--set {path}=VALUE"
        ordered = tuple(sorted(rules, key=lambda rule: (len(rule.also), rule.rule)))
        found.append(Question(path, meaning, unit, how, ordered))
    return tuple(sorted(found, key=lambda question: (-_decided_alone(question), -len(question.rules), question.path)))


def _decided_alone(question: Question) -> int:
    return sum(not rule.also for rule in question.rules)


def yielded_in_words(item: Yielded) -> str:
    """Return a rule that gave way, to what and why, as a sentence."""
    return fill("{title} ({rule}) gave way to {by}, {why}.", title=item.title, rule=item.rule, by=item.by, why=item.why)


def _yielded(item: Overridden) -> Yielded:
    by = {"user": _("your plan"), "trials": _("the trials")}.get(item.reason, item.by)
    return Yielded(item.rule, _(item.title), by, _(_WHY_OVERRIDDEN[item.reason]))
