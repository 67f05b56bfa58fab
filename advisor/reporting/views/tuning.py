"""A tuning plan, ready to print: the instructions of each step with its numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from advisor.language import gettext as _
from advisor.reporting import formatting, labels
from advisor.reporting.sentences.template import fill
from advisor.reporting.sentences.tuning import CLAUSES, STEPS
from advisor.results.tuning import (
    BaseTrainingStep,
    BatchStep,
    RangeTestStep,
    RegularisationStep,
    ScheduleStep,
    TuningStep,
)


@dataclass(frozen=True, slots=True)
class StepView:
    """One step in words: what to ``run``, what to ``look`` for, when to ``stop``, and what comes ``then``."""

    title: str
    run: str
    look: tuple[str, ...]
    stop: str
    then: str


def step_view(step: TuningStep) -> StepView:
    """Write the instructions of a step."""
    values, said = _values(step), STEPS[step.code]
    return StepView(
        title=_(said.title),
        run=fill(said.run, **values),
        look=tuple(fill(line, **values) for line in said.look),
        stop=fill(said.stop, **values),
        then=fill(said.then, **values),
    )


def _values(step: TuningStep) -> dict[str, float | str]:
    match step:
        case RangeTestStep():
            return {
                "start_rate": step.start_rate,
                "end_rate": step.end_rate,
                "points": step.points,
                "explosion": step.explosion,
                "lower": step.expected.lower,
                "upper": step.expected.upper,
                "length": "" if step.epochs is None else fill(CLAUSES["sweep_epochs"], epochs=step.epochs),
            }
        case BaseTrainingStep():
            return {
                "rates": _listed(step.values, formatting.rate),
                "seeds": step.seeds,
                "optimizer": step.optimizer,
                "higher_rate": step.higher_rate,
                "lower_rate": step.lower_rate,
                "length": (
                    _(CLAUSES["run_share"]) if step.epochs is None else fill(CLAUSES["run_epochs"], epochs=step.epochs)
                ),
            }
        case ScheduleStep():
            other = fill(CLAUSES["constant" if step.decays else "cosine"], factor=step.alternative_factor)
            return {"schedule": labels.schedule_name(step.schedule), "warmup": _warmup(step), "other": other}
        case BatchStep():
            return {"examples": _batch_examples(step), "sgd": "" if step.adaptive else _(CLAUSES["sgd"])}
        case RegularisationStep():
            dropouts = _listed(step.dropouts, formatting.number) if step.dropouts else ""
            return {
                "decays": _listed(step.values, formatting.number),
                "dropout": fill(CLAUSES["dropout"], dropouts=dropouts) if dropouts else "",
            }


def _warmup(step: ScheduleStep) -> str:
    if not step.warmup_fraction:
        return ""
    if step.warmup_steps is None:
        return fill(CLAUSES["warmup"], fraction=step.warmup_fraction)
    return fill(CLAUSES["warmup_steps"], fraction=step.warmup_fraction, steps=step.warmup_steps)


def _batch_examples(step: BatchStep) -> str:
    if step.batch_size is None or not step.batch_sizes:
        return ""
    examples = "; ".join(
        fill(CLAUSES["batch_example"], rate=rate, batch_size=size)
        for rate, size in zip(step.values, step.batch_sizes, strict=True)
    )
    return fill(CLAUSES["batch_examples"], rate=step.rate, batch_size=step.batch_size, examples=examples)


def _listed(values: Sequence[float], written: Callable[[float], str]) -> str:
    texts = [written(value) for value in values]
    return fill(CLAUSES["and"], first=", ".join(texts[:-1]), last=texts[-1]) if len(texts) > 1 else texts[0]
