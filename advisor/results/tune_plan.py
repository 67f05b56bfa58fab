"""How to tune by hand, with the numbers of one recommendation filled in."""

from __future__ import annotations

from advisor.results.trace import Result


class TuneStep(Result):
    """One step: what to do, what to watch, what comes of it."""

    title: str
    do: tuple[str, ...]
    watch: str
    then: str


class TunePlan(Result):
    """The steps in order; each fixes what the next depends on."""

    steps: tuple[TuneStep, ...]

    def __str__(self) -> str:
        from advisor.reporting.text_diagnosis import explain_plan  # upward on purpose: a convenience on the result

        return explain_plan(self)
