"""How the answer was checked: verdict, comparisons, cost, trials and the range test, in words and rows."""

from __future__ import annotations

import math
from dataclasses import dataclass

from advisor.facts.names import VerdictStatus
from advisor.language import gettext as _
from advisor.language import phrase
from advisor.reporting import formatting, labels
from advisor.reporting.charts.trials_info import recipe_of, remark_on
from advisor.reporting.remarks import paragraph_of, sentence_of
from advisor.reporting.sentences.plans import plan_sentence
from advisor.reporting.sentences.template import fill
from advisor.results import Advice, Remark, RemarkCode, Trial, Verdict

_BADGES: dict[VerdictStatus, tuple[str, str, str]] = {
    "confirmed": ("✓", phrase("Confirmed"), phrase("Trials on your data agree with the rules.")),
    "adjusted": ("→", phrase("Adjusted"), phrase("Trials on your data moved the rules' answer.")),
    "inconclusive": (
        "≈",
        phrase("Inconclusive"),
        phrase("Trials could not settle the rate; the sentence below says what stands and why."),
    ),
    "rejected": (
        "✕",
        phrase("Rejected"),
        phrase("Training with the rules' answer failed; what stands here is a fallback."),
    ),
    "no_better_than_constant": (
        "✕",
        phrase("No better than a constant"),
        phrase("No training predicted the held-out rows better than a constant does."),
    ),
    "worse_than_linear": (
        "≈",
        phrase("Worse than linear"),
        phrase("A linear model ends lower than the model that was asked about."),
    ),
    "not_run": ("○", phrase("Not checked"), phrase("The answer comes from rules alone; nothing was trained.")),
}


_LISTED: frozenset[RemarkCode] = frozenset({"lowest_loss_of_recipe", "recipe_diverged", "recipe_not_tried"})
"""Remarks that stand one for each recipe, as a list below what weighs more."""
LEADING = 3
"""Reasons of a verdict that stand beside the answer. Judgement: what a reader takes in at once."""
_MEASURED = {
    "initial_loss": phrase("Loss before training"),
    "constant_loss": phrase("Loss of the best constant prediction"),
    "gradient_norm": phrase("Norm of the gradient before training"),
    "gradient_noise_scale": phrase("Gradient noise scale: the batch at which noise and signal are equal"),
    "curvature": phrase("Largest curvature (top eigenvalue of the Hessian)"),
}


@dataclass(frozen=True, slots=True)
class Badge:
    """The verdict as symbol and words."""

    status: VerdictStatus
    symbol: str
    title: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """A loss beside the advised one; ``change`` says how the advised loss compares."""

    label: str
    loss: str
    change: str = ""
    better: bool | None = None


@dataclass(frozen=True, slots=True)
class Cost:
    """What a check cost: time, full training runs, and sample gradients; time and runs may be empty."""

    time: str
    runs: str
    work: str

    @property
    def spent(self) -> str:
        """Time and runs; the gradients where neither is known."""
        return ", ".join(part for part in (self.time, self.runs) if part) or self.work

    @property
    def sentence(self) -> str:
        """All of it."""
        if self.spent == self.work:
            return fill("Checking cost {spent}.", spent=self.spent)
        return fill("Checking cost {spent} ({work}).", spent=self.spent, work=self.work)


@dataclass(frozen=True, slots=True)
class TrialRow:
    """One learning rate that was tried."""

    learning_rate: str
    recipe: str
    losses: str
    mean: str
    remark: str


@dataclass(frozen=True, slots=True)
class Proof:
    """The verdict with its evidence in words; ``reason`` is what weighs most, ``details`` the rest of it."""

    badge: Badge
    reason: str
    details: tuple[str, ...]
    ran: bool
    moved: str
    comparisons: tuple[Comparison, ...]
    cost: Cost | None
    setup: str
    trials: tuple[TrialRow, ...]
    range_test: str
    measurements: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


def proof_of(advice: Advice) -> Proof:
    """Gather how an advice was checked."""
    verdict = advice.verdict
    probe = advice.probe
    leading = leading_of(verdict)
    return Proof(
        badge=badge_of(verdict),
        reason=paragraph_of(leading),
        details=tuple(sentence_of(item) for item in verdict.reasons if item not in leading),
        ran=bool(verdict.trials) or verdict.status != "not_run",
        moved=_moved(verdict),
        comparisons=(*comparisons_of(verdict), *linear_comparison(advice)),
        cost=cost_of(verdict),
        setup=_setup(verdict),
        trials=tuple(_row(trial) for trial in verdict.trials),
        range_test=_range_test(advice),
        measurements=_measurements(advice),
        notes=(*_plan(verdict), *map(sentence_of, (*verdict.notes, *(probe.notes if probe else ())))),
    )


def leading_of(verdict: Verdict) -> tuple[Remark, ...]:
    """Return the reasons of a verdict that stand beside the answer, most important first."""
    return tuple(item for item in verdict.reasons if item.code not in _LISTED)[:LEADING]


def badge_of(verdict: Verdict) -> Badge:
    """Return the verdict as symbol and words."""
    symbol, title, meaning = _BADGES[verdict.status]
    return Badge(verdict.status, symbol, _(title), _(meaning))


def comparisons_of(verdict: Verdict) -> tuple[Comparison, ...]:
    """Return the advised loss beside the user's own setting, Adam 1e-3 and the constant prediction, where known."""
    advised = verdict.held_out_loss
    if advised is None:
        return ()
    found = [Comparison(_("With this advice"), formatting.number(advised, 4))]
    found += [_own_setting(trial, advised) for trial in verdict.trials if trial.role == "own"]
    failed = any(trial.role == "default" and trial.mean is None for trial in verdict.trials)
    for label, loss in (
        (phrase("Adam at 1e-3, constant"), verdict.default_loss),
        (phrase("Best constant prediction"), verdict.constant_loss),
    ):
        if loss is not None:
            found.append(_compared(_(label), advised, loss))
        elif failed and label.startswith("Adam"):
            found.append(Comparison(_(label), _("diverged"), better=True))
    return tuple(found)


def _own_setting(trial: Trial, advised: float) -> Comparison:
    recipe = {"optimizer": trial.optimizer, "schedule": trial.schedule, "rate": trial.learning_rate}
    label = fill("Your own setting: {optimizer:optimizer}, {schedule:schedule}, {rate:rate}", **recipe)
    if trial.mean is None:
        return Comparison(label, _("diverged"), better=True)
    change = formatting.compared(advised, trial.mean)
    return Comparison(label, formatting.number(trial.mean, 4), change, advised < trial.mean)


def linear_losses(advice: Advice) -> tuple[float, float] | None:
    """Return the held-out losses of the advice and of the linear model; None where either is not known."""
    ours = advice.verdict.held_out_loss
    theirs = advice.baseline.verdict.held_out_loss if advice.baseline is not None else None
    for reason in advice.verdict.reasons:
        if reason.code == "linear_model_ends_lower":  # compared on the same held-out parts
            theirs = float(dict(reason.values)["linear"])
    return None if advice.baseline is None or ours is None or theirs is None else (ours, theirs)


def linear_comparison(advice: Advice) -> tuple[Comparison, ...]:
    """Return the linear model's held-out loss beside the advised one; empty where either is not known."""
    losses = linear_losses(advice)
    if advice.baseline is None or losses is None:
        return ()
    ours, theirs = losses
    named = fill("Linear model ({name})", name=advice.baseline.name)
    label = _("Linear model") if advice.baseline.name == "linear" else named
    return (_compared(label, ours, theirs),)


def _compared(label: str, advised: float, loss: float) -> Comparison:
    """Return a loss beside the advised one; neither is better where a reader sees no difference."""
    is_same = math.isclose(advised, loss, rel_tol=formatting.SAME)
    better = None if is_same else advised < loss
    return Comparison(label, formatting.loss(loss), formatting.compared(advised, loss), better)


def cost_of(verdict: Verdict) -> Cost | None:
    """Return what the check cost; None when nothing was trained."""
    if not verdict.gradient_samples and verdict.cost is None:
        return None
    time = formatting.duration(verdict.seconds) if verdict.seconds is not None else ""
    work = fill("{count:count} sample gradients", count=verdict.gradient_samples)
    if verdict.cost is None or not math.isfinite(verdict.cost):
        return Cost(time, "", work)
    if verdict.cost < 0.95:
        runs = fill("{share:share} of one full training run", share=verdict.cost)
    elif verdict.cost < 1.05:
        runs = _("as much as one full training run")
    else:
        runs = fill("{times} times one full training run", times=formatting.number(verdict.cost, 2))
    return Cost(time, runs, work)


def _moved(verdict: Verdict) -> str:
    if math.isclose(verdict.learning_rate, verdict.proposed, rel_tol=1e-3):
        return ""
    return f"{formatting.rate(verdict.proposed)} → {formatting.rate(verdict.learning_rate)}"


def _setup(verdict: Verdict) -> str:
    if not verdict.trials:
        return ""
    rates = len({trial.learning_rate for trial in verdict.trials if trial.role == "candidate"})
    seeds = formatting.amount(max(1, verdict.seeds), phrase("seeds"))
    tried = formatting.amount(rates, phrase("learning rates"))
    parts = [f"{tried} × {seeds}"]
    rivals = dict.fromkeys(recipe_of(trial) for trial in verdict.trials if trial.role == "rival")
    if rivals:
        parts.append(fill("rivals: {names}", names=_(" and ").join(rivals)))
    if verdict.steps and verdict.steps == verdict.full_steps:
        parts.append(fill("full runs of {steps:count} steps", steps=verdict.steps))
    elif verdict.steps:
        said = (
            phrase("{steps:count} of {full:count} steps each, the whole schedule compressed into them")
            if verdict.full_steps
            else phrase("{steps:count} steps each, the whole schedule compressed into them")
        )
        parts.append(fill(said, steps=verdict.steps, full=verdict.full_steps or 0))
    if verdict.path != "none":
        parts.append(
            _("trained at once as one batched model") if verdict.path == "batched" else _("trained one after another")
        )
    return "; ".join(parts)


def _plan(verdict: Verdict) -> tuple[str, ...]:
    return () if verdict.plan is None else (plan_sentence(verdict.plan),)


def _row(trial: Trial) -> TrialRow:
    return TrialRow(
        learning_rate=formatting.rate(trial.learning_rate),
        recipe=recipe_of(trial),
        losses="  ".join("—" if loss is None else formatting.number(loss, 4) for loss in trial.losses),
        mean="—" if trial.mean is None else formatting.number(trial.mean, 4),
        remark=remark_on(trial),
    )


def _range_test(advice: Advice) -> str:
    test = advice.probe.range_test if advice.probe else None
    if test is None:
        return ""
    reason = sentence_of(test.reason) if test.reason else ""
    if test.suggestion is None or not test.usable:
        return reason[:1].upper() + reason[1:] or _("Cannot tell.")
    if not reason:
        return fill("It suggests about {rate:rate}.", rate=test.suggestion)
    return fill("It suggests about {rate:rate}: {reason}.", rate=test.suggestion, reason=reason.rstrip("."))


def _measurements(advice: Advice) -> tuple[tuple[str, str], ...]:
    if advice.probe is None:
        return ()
    found = []
    for name, label in _MEASURED.items():
        value = getattr(advice.probe.facts, name)
        if value is not None:
            found.append((_(label), formatting.fact_value(value, labels.fact_meaning(f"probe.{name}")[1])))
    return tuple(found)
