"""The tuning procedure as plain text."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.reporting.formatting import number
from advisor.reporting.text.lines import heading, wrapped
from advisor.reporting.views.answer import answer_of
from advisor.results import TuningPlan, TuningStep


def tuning_in_words(plan: TuningPlan) -> str:
    """Return the five steps, each with what to run, what to look for, when to stop and what comes next."""
    return "\n".join(_lines(plan)).rstrip() + "\n"


def _lines(plan: TuningPlan) -> Iterator[str]:
    answer = answer_of(plan.recommendation)
    yield from wrapped(f"Start from {answer.sentence}; 90 % interval {answer.interval}.")
    for index, step in enumerate(plan.steps, 1):
        yield from heading(f"{index}. {step.title}")
        yield from _step(step)
    if plan.cost is not None:
        yield ""
        yield from wrapped(
            f"All runs together cost about {number(plan.cost, 2)} full training runs; `advisor profile` does steps 1 "
            "and 2 on copies of the model for a fraction of that."
        )


def _step(step: TuningStep) -> Iterator[str]:
    yield from wrapped(step.run, "  ")
    yield "  Look for"
    for sight in step.look:
        yield from wrapped(f"- {sight}", "    ", "      ")
    yield from wrapped(f"Stop {step.stop}", "  ")
    yield from wrapped(f"Next: {step.then}", "  ")
