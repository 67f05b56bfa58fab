"""The tuning procedure as plain text."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.cleaning import plain_lines
from advisor.reporting.sentences.template import fill
from advisor.reporting.sentences.tuning import PLAN
from advisor.reporting.text.lines import heading, wrapped
from advisor.reporting.views.answer import answer_of
from advisor.reporting.views.tuning import StepView, step_view
from advisor.results import TuningPlan


def tuning_in_words(plan: TuningPlan) -> str:
    """Return the five steps, each with what to run, what to look for, when to stop and what comes next."""
    return plain_lines("\n".join(_lines(plan)).rstrip() + "\n")


def _lines(plan: TuningPlan) -> Iterator[str]:
    answer = answer_of(plan.recommendation)
    yield from wrapped(fill(PLAN["start"], answer=answer.sentence, interval=answer.interval))
    for index, step in enumerate(map(step_view, plan.steps), 1):
        yield from heading(f"{index}. {step.title}")
        yield from _step(step)
    if plan.cost is not None:
        yield ""
        yield from wrapped(fill(PLAN["cost"], cost=plan.cost))


def _step(step: StepView) -> Iterator[str]:
    yield from wrapped(step.run, "  ")
    yield f"  {fill(PLAN['look'])}"
    for line in step.look:
        yield from wrapped(f"- {line}", "    ", "      ")
    yield from wrapped(step.stop, "  ")
    yield from wrapped(step.then, "  ")
