"""Two results side by side: what differs in the answer, the check, the facts, the rules and what made them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from advisor.facts import known
from advisor.language import gettext as _
from advisor.language import phrase
from advisor.reporting import formatting, labels
from advisor.reporting.formatting import plain
from advisor.reporting.sentences.template import fill
from advisor.reporting.views.answer import answer_of
from advisor.reporting.views.proof import badge_of, cost_of, linear_comparison
from advisor.results import Advice, Recommendation, RuleUse

NONE = "—"
_MADE_BY = {"advisor", "ruleset", "budget", "seed", "source", "model", "torch"}


@dataclass(frozen=True, slots=True)
class Row:
    """One thing in both results; ``—`` where one does not have it."""

    label: str
    left: str
    right: str

    @property
    def differs(self) -> bool:
        """Whether the two say something else."""
        return self.left != self.right


@dataclass(frozen=True, slots=True)
class SideBySide:
    """Two results, row by row.

    Attributes:
        answer: optimizer, rate, interval, schedule and settings; all of them.
        check: verdict and losses; all of them.
        facts: those that differ; measurements where both have some.
        rules: (rule, title) of those that fired on one side only.
        made_by: versions, budget, seed, data and model; those that differ.
        remarks: what to know before comparing.
    """

    answer: tuple[Row, ...]
    check: tuple[Row, ...]
    facts: tuple[Row, ...]
    rules: tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]
    made_by: tuple[Row, ...]
    remarks: tuple[str, ...]

    @property
    def differences(self) -> tuple[str, ...]:
        """What differs, by label."""
        rows = (*self.answer, *self.check, *self.facts, *self.made_by)
        return tuple(row.label for row in rows if row.differs)


def side_by_side(left: Advice, right: Advice) -> SideBySide:
    """Compare two results.

    Args:
        left: one result.
        right: another, of the same job or not.
    """
    measured = left.probe is not None and right.probe is not None
    return SideBySide(
        answer=_answer(left.recommendation, right.recommendation),
        check=_paired(_check(left), _check(right)),
        facts=_only_different(_paired(_facts(left, measured=measured), _facts(right, measured=measured))),
        rules=(_fired_only(left, right), _fired_only(right, left)),
        made_by=_only_different(_paired(_made_by(left), _made_by(right))),
        remarks=tuple(_remarks(left, right)),
    )


def _answer(left: Recommendation, right: Recommendation) -> tuple[Row, ...]:
    rows = _paired(_settings(left), _settings(right))
    ratio = right.learning_rate / left.learning_rate
    rate_label = labels.setting_label("learning_rate")
    if formatting.rate(left.learning_rate) == formatting.rate(right.learning_rate):
        return rows
    return tuple(
        Row(row.label, row.left, f"{row.right} ({formatting.factor(ratio)})") if row.label == rate_label else row
        for row in rows
    )


def _settings(recommendation: Recommendation) -> dict[str, str]:
    answer = answer_of(recommendation)
    settings = {item.label: item.value for item in answer.settings if item.name not in {"optimizer", "schedule"}}
    return {
        labels.setting_label("optimizer"): answer.optimizer,
        labels.setting_label("learning_rate"): answer.rate,
        _("90 % interval"): answer.interval,
        labels.setting_label("schedule"): answer.schedule,
        **settings,
    }


def _check(advice: Advice) -> dict[str, str]:
    verdict = advice.verdict
    losses = {
        _("Held-out loss"): verdict.held_out_loss,
        _("Adam at 1e-3, constant"): verdict.default_loss,
        _("Best constant prediction"): verdict.constant_loss,
    }
    found = {_("Verdict"): badge_of(verdict).title}
    found |= {label: formatting.loss(loss) for label, loss in losses.items() if loss is not None}
    found |= {item.label: item.loss for item in linear_comparison(advice)}
    cost = cost_of(verdict)
    return found | ({_("Cost of checking"): cost.spent} if cost else {})


def _facts(advice: Advice, *, measured: bool) -> dict[str, str]:
    return {
        path: formatting.fact_value(value, labels.fact_meaning(path)[1])
        for path, value in known(advice.facts).items()
        if measured or not path.startswith("probe.")
    }


def _made_by(advice: Advice) -> dict[str, str]:
    values = {name: value for name, value in advice.provenance if name in _MADE_BY and value not in {"", None}}
    return {labels.setting_label(name): str(value) for name, value in values.items()}


def _fired_only(one: Advice, other: Advice) -> tuple[tuple[str, str], ...]:
    """Return the rules that fired in one result alone, with titles as far as the trace has them."""
    trace = one.recommendation.trace
    uses: list[RuleUse | None] = [item.rule for item in trace.contributions]
    uses += [item.rule for item in trace.notes]
    uses += [item.rule for item in trace.choices]
    titles = {use.id: use.title for use in uses if use is not None}
    fired = dict.fromkeys(rule for rule in trace.fired if rule not in other.recommendation.trace.fired)
    return tuple((rule, _(titles[rule])) for rule in fired if rule in titles)


def _remarks(left: Advice, right: Advice) -> Iterator[str]:
    same: list[tuple[str, Callable[[Advice], object]]] = [
        (phrase("data"), lambda advice: (advice.facts.data.name, advice.facts.data.rows)),
        (phrase("targets"), lambda advice: advice.facts.data.target_name),
        (phrase("loss functions"), lambda advice: advice.facts.plan.loss),
    ]
    others = [_(what) for what, value in same if value(left) != value(right)]
    if others:
        said = phrase("Their held-out losses cannot be compared, because these differ: {what}.")
        yield fill(said, what=", ".join(others))
    elif left.provenance.seed != right.provenance.seed:
        yield _("Different seeds hold out different rows, so held-out losses also differ by chance.")


def _paired(left: dict[str, str], right: dict[str, str]) -> tuple[Row, ...]:
    labels_ = dict.fromkeys([*left, *right])
    return tuple(Row(plain(label), plain(left.get(label, NONE)), plain(right.get(label, NONE))) for label in labels_)


def _only_different(rows: tuple[Row, ...]) -> tuple[Row, ...]:
    return tuple(row for row in rows if row.differs)
