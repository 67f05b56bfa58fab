"""The answer, ready to print: optimizer, learning rate, schedule and every setting with who chose it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from advisor.catalogue.optimizers import OPTIMIZER_INFO
from advisor.catalogue.schedules import SCHEDULE_INFO
from advisor.language import gettext as _
from advisor.language import phrase
from advisor.reporting import formatting, labels
from advisor.reporting.sentences.template import fill
from advisor.reporting.views.reasons import Reason, reason_of
from advisor.results import Choice, Recommendation
from advisor.results.trace import Scalar

_BY = {"user": "you", "rule": "rule", "default": "default", "trials": "trials"}
_WRITTEN: dict[str, Callable[[float], str]] = {
    "optimizer": str,
    "schedule": str,
    "rival_optimizer": str,
    "rival_schedule": str,
    "learning_rate": formatting.rate,
    "warmup_fraction": lambda value: fill("{share:share} of the run", share=value) if value else _("none"),
    "final_fraction": lambda value: fill("{share:share} of the peak", share=value),
    "clip_norm": lambda value: fill("norm {norm:number}", norm=value),
    "batch_size": lambda value: formatting.amount(value, phrase("samples")),
    "batch_tokens": lambda value: formatting.amount(value, phrase("tokens")),
    "epochs": formatting.number,
    "total_steps": formatting.count,
    "stop_steps": formatting.count,
    "weight_decay": formatting.number,
    "epsilon": formatting.number,
    "momentum": formatting.number,
    "beta1": lambda value: formatting.number(value, 6),
    "beta2": lambda value: formatting.number(value, 6),
}
_NAMES: dict[str, str] = {
    **{name: info.title for name, info in OPTIMIZER_INFO.items()},
    **{name: info.title for name, info in SCHEDULE_INFO.items()},
}
_ORDER = (
    *("optimizer", "momentum", "nesterov", "beta1", "beta2", "epsilon", "schedule", "warmup_fraction"),
    *("final_fraction", "batch_size", "batch_tokens", "epochs", "total_steps", "stop_steps"),
    *("weight_decay", "clip_norm"),
)

BETAS = "β₁, β₂"
"""Label of Adam's two settings where they stand together."""
_ELSEWHERE = {"learning_rate", "steps", "horizon_exponent", "rival_optimizer", "rival_schedule"}
"""Choices that are no settings of the run: the answer itself, and what the trials go by."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting around the learning rate.

    Attributes:
        name: as in the plan.
        label: what it is called.
        value: with its unit.
        by: ``you``, ``rule``, ``default`` or empty when it follows from others.
        reason: the rule that chose it; None when no rule did.
    """

    name: str
    label: str
    value: str
    by: str = ""
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer in words."""

    optimizer: str
    rate: str
    exact: str
    interval: str
    schedule: str
    length: str
    fixed: bool
    settings: tuple[Setting, ...]

    @property
    def chosen(self) -> tuple[tuple[Reason, str], ...]:
        """The rules that chose settings, each with what it chose, in the order of the settings."""
        found: dict[str, tuple[Reason, list[str]]] = {}
        for item in self.settings:
            if item.reason is not None:
                found.setdefault(item.reason.id, (item.reason, []))[1].append(f"{item.label}: {item.value}")
        return tuple((reason, "; ".join(settings)) for reason, settings in found.values())

    @property
    def sentence(self) -> str:
        """The whole answer in one sentence."""
        recipe = {"optimizer": self.optimizer, "rate": self.rate, "schedule": self.schedule}
        if not self.length:
            return fill("{optimizer} at a peak learning rate of {rate}, {schedule}", **recipe)
        said = phrase("{optimizer} at a peak learning rate of {rate}, {schedule}, {length}")
        return fill(said, **recipe, length=self.length)


def answer_of(rec: Recommendation) -> Answer:
    """Gather the answer from a recommendation."""
    choices = {choice.setting: choice for choice in rec.trace.choices}
    own_rise = not SCHEDULE_INFO[rec.schedule].takes_warmup
    needless = {"warmup_fraction"} if own_rise else set()
    if rec.batch_tokens is not None:
        needless.add("batch_size")
    shown = [name for name in _ORDER if _stated(rec, name) is not None and name not in needless]
    others = [name for name in choices if name not in _ORDER and name not in _ELSEWHERE]
    return Answer(
        optimizer=labels.optimizer_title(rec.optimizer, rec.momentum),
        rate=formatting.rate(rec.learning_rate),
        exact=formatting.exact(rec.learning_rate),
        interval=formatting.span(rec.interval),
        schedule=schedule_in_words(rec),
        length=length_in_words(rec),
        fixed="learning_rate" in choices and choices["learning_rate"].by == "user",
        settings=_betas_joined(
            tuple(
                _setting(name, _stated(rec, name), choices.get("steps" if name == "total_steps" else name))
                for name in shown
            )
            + tuple(_setting(name, choices[name].value, choices[name]) for name in others)
        ),
    )


def _betas_joined(settings: tuple[Setting, ...]) -> tuple[Setting, ...]:
    """Write β₁ and β₂ as one setting, where the same rule or person chose both."""
    betas = [item for item in settings if item.label in {"β₁", "β₂"}]
    if len(betas) != 2 or (betas[0].by, betas[0].reason) != (betas[1].by, betas[1].reason):
        return settings
    first, second = betas
    both = replace(first, label=BETAS, value=f"{first.value}, {second.value}")
    return tuple(both if item is first else item for item in settings if item is not second)


def schedule_in_words(rec: Recommendation) -> str:
    """Return such as ``cosine decay after 5 % warm-up``."""
    info = SCHEDULE_INFO[rec.schedule]
    if not rec.warmup_fraction or not info.takes_warmup:
        return _(info.title)
    return fill("{schedule} after {share:share} warm-up", schedule=_(info.title), share=rec.warmup_fraction)


def length_in_words(rec: Recommendation) -> str:
    """Return such as ``batch 64, 20 epochs, 3,120 steps``; only what is known."""
    parts = []
    if rec.batch_tokens is not None:
        parts.append(fill("batch {size}", size=formatting.amount(rec.batch_tokens, phrase("tokens"))))
    elif rec.batch_size is not None:
        parts.append(fill("batch {size}", size=formatting.count(rec.batch_size)))
    if rec.epochs is not None:
        parts.append(formatting.amount(rec.epochs, phrase("epochs")))
    if rec.total_steps is not None:
        parts.append(formatting.amount(rec.total_steps, phrase("steps")))
    if rec.stop_steps is not None:
        parts.append(_stop_in_words(rec, rec.stop_steps))
    return ", ".join(parts)


def _stop_in_words(rec: Recommendation, steps: int) -> str:
    if rec.stop_epochs is None:
        return fill("stopped after {steps:count} steps", steps=steps)
    return fill("stopped after {epochs:number} epochs ({steps:count} steps)", epochs=rec.stop_epochs, steps=steps)


def setting_value(name: str, value: Scalar | None) -> str:
    """Return the value of a setting as a reader expects it."""
    write = _WRITTEN.get(name)
    if write is None or isinstance(value, bool) or value is None:
        return formatting.fact_value(value, labels.fact_meaning(f"plan.{name}")[1])
    if isinstance(value, str):
        return _(_NAMES.get(value, value))
    return write(value)


def _stated(rec: Recommendation, name: str) -> Scalar | None:
    value: Scalar | None = getattr(rec, name)
    return value


def _setting(name: str, value: Scalar | None, choice: Choice | None) -> Setting:
    rule = choice.rule if choice is not None else None
    return Setting(
        name=name,
        label=labels.setting_label(name),
        value=setting_value(name, value),
        by=_BY[choice.by] if choice is not None else "",
        reason=reason_of(rule) if rule else None,
    )
