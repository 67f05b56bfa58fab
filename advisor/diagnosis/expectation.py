"""Where the learning rate of a run stands against what the rules expect for its job."""

from __future__ import annotations

from advisor.diagnosis.run_context import RunContext
from advisor.facts import Facts, HistoryFacts
from advisor.facts.names import RatePosition
from advisor.inference import infer
from advisor.knowledge import RuleBase
from advisor.results.diagnosis import ExpectedRate


def expected_rate(context: RunContext, logged: HistoryFacts, rules: RuleBase) -> ExpectedRate | None:
    """Return the rate that the rules expect, had they been asked before the run; None when they cannot know the job.

    They know it when the family of the model and the optimizer are given. The log itself is left out: a symptom of this
    run must not move what is expected of it.

    Args:
        context: what is known about the run besides its log.
        logged: facts of the log, for the rate and the length of the run.
        rules: the rule base.
    """
    rate = context.plan.learning_rate or logged.learning_rate
    if rate is None or context.model.family is None or context.plan.optimizer is None:
        return None
    epochs = context.plan.epochs or logged.epochs
    plan = context.plan.model_copy(update={"learning_rate": None, "epochs": epochs})
    expected = infer(Facts(data=context.data, model=context.model, plan=plan), rules)
    position: RatePosition = "within"
    if rate < expected.interval.lower:
        position = "below"
    elif rate > expected.interval.upper:
        position = "above"
    return ExpectedRate(learning_rate=expected.learning_rate, interval=expected.interval, position=position)


def with_expectation(history: HistoryFacts, expected: ExpectedRate | None) -> HistoryFacts:
    """Return the facts of a log with where its rate stands."""
    if expected is None:
        return history
    return history.model_copy(
        update={"expected_learning_rate": expected.learning_rate, "rate_position": expected.position}
    )
