"""What the evidence of trials is said to mean."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from advisor.results import Interval, Recommendation, Trial
from advisor.verification.belief import Belief
from advisor.verification.comparisons import Comparison, held_against_all
from advisor.verification.decision import Decision
from advisor.verification.linear_model import with_linear_model
from advisor.verification.verdicts import TrialRecord, judge
from tests.verification.seen import seen_of

RULES = Recommendation(
    learning_rate=1e-2, interval=Interval(lower=2e-3, upper=5e-2), optimizer="adamw", schedule="cosine"
)


def evidence(
    losses: dict[float, float | None], *, best: float, gain: float, constant: float | None = 1.0, noise: float = 0.01
) -> TrialRecord:
    trials = tuple(
        Trial(
            optimizer="adamw",
            schedule="cosine",
            learning_rate=rate,
            losses=(loss,),
            mean=loss,
            diverged=int(loss is None),
        )
        for rate, loss in losses.items()
    )
    interval, belief = Interval(lower=best / 2, upper=best * 2), Belief(math.log(best), 1.0)
    means = [loss for loss in losses.values() if loss is not None]
    lowest = min(means, default=0.0)
    return TrialRecord(
        decision=Decision(math.log(best), interval, 0.01, 0.01 + gain, seen_of(losses, noise=noise), belief)
        if means
        else None,
        trials=trials,
        earlier=(),
        shift=0.0,
        steps=100,
        full_steps=100,
        seeds=1,
        evaluation_samples=400,
        budget="standard",
        gradient_samples=800,
        cost=2.0,
        path="batched",
        constant_loss=constant,
        untrained_loss=1.4,
        bracketed=True,
        has_learned=constant is None or lowest < 0.98 * constant,
        notes=(),
    )


def test_a_better_rate_is_taken_and_a_little_better_one_is_not() -> None:
    losses: dict[float, float | None] = {1e-3: 0.4, 1e-2: 0.5, 1e-1: 0.9}
    moved = judge(RULES, evidence(losses, best=1e-3, gain=0.2))
    assert (moved.status, moved.learning_rate) == ("adjusted", pytest.approx(1e-3))
    stands = judge(RULES, evidence({1e-3: 0.6, 1e-2: 0.5, 1e-1: 0.9}, best=2e-2, gain=0.001))
    assert (stands.status, stands.learning_rate) == ("confirmed", 1e-2)


def test_a_rate_that_ended_lower_within_noise_leaves_it_undecided() -> None:
    found = judge(RULES, evidence({1e-3: 0.48, 1e-2: 0.5, 1e-1: 0.9}, best=2e-3, gain=0.001, noise=0.02))
    assert (found.status, found.learning_rate) == ("inconclusive", 1e-2)
    assert [one.code for one in found.reasons] == ["undecided_between_rates"]
    assert found.interval.lower <= 1e-3


def test_what_the_errors_of_the_trials_do_not_exclude_settles_nothing() -> None:
    losses: dict[float, float | None] = {1e-3: 0.52, 1e-2: 0.5, 1e-1: 0.9, 1.0: None}
    settled = judge(RULES, evidence(losses, best=1e-2, gain=0.001, noise=0.01))
    assert settled.status == "confirmed"
    noisy = judge(RULES, evidence(losses, best=1e-2, gain=0.001, noise=0.1))
    assert (noisy.status, noisy.learning_rate) == ("inconclusive", 1e-2)
    (reason,) = noisy.reasons
    told = dict(reason.values)
    assert (reason.code, told["other"]) == ("trials_are_too_noisy", pytest.approx(1e-3))
    assert told["lead"] == pytest.approx(1 - math.exp(math.log(0.52 / 0.5) - 2 * 2**0.5 * 0.1))
    assert noisy.interval.lower == pytest.approx(1e-3)
    tiny = {rate: None if loss is None else loss / 100 for rate, loss in losses.items()} | {1e-3: 0.0052, 1e-6: 0.99}
    assert judge(RULES, evidence(tiny, best=1e-2, gain=0.001, noise=0.1)).status == "confirmed"
    moved = judge(RULES, evidence({1e-3: 0.3, 1e-2: 0.9, 1e-1: 0.9}, best=1e-3, gain=0.5, noise=0.1))
    assert (moved.status, moved.learning_rate) == ("adjusted", pytest.approx(1e-3))
    vague = judge(RULES, evidence({1e-3: 0.3, 3e-3: 0.31, 1e-2: 0.9}, best=1e-3, gain=0.5, noise=0.1))
    assert (vague.status, [one.code for one in vague.reasons]) == (
        "inconclusive",
        ["rate_adjusted", "trials_are_too_noisy"],
    )
    undecided = judge(RULES, evidence({1e-3: 0.3, 3e-3: 0.29, 1e-2: 0.9}, best=1e-3, gain=0.5, noise=0.1))
    assert [one.code for one in undecided.reasons] == ["rate_adjusted", "trials_are_too_noisy"]


def test_a_rate_that_ended_lower_beyond_noise_is_taken() -> None:
    found = judge(RULES, evidence({1e-3: 0.4, 1e-2: 0.5, 1e-1: 0.9}, best=2e-3, gain=0.001, noise=0.01))
    assert (found.status, found.learning_rate) == ("adjusted", pytest.approx(1e-3))
    assert found.held_out_loss == 0.4


def test_of_rates_that_end_as_low_the_nearest_is_taken() -> None:
    losses: dict[float, float | None] = {1e-3: 0.6, 1e-2: 0.5, 3e-2: 0.401, 0.1: 0.4005, 0.3: 0.4, 1.0: 0.9}
    found = judge(RULES, evidence(losses, best=1.2e-2, gain=0.001, noise=0.001))
    assert (found.status, found.learning_rate) == ("adjusted", pytest.approx(3e-2))


def test_what_leads_early_beyond_noise_is_said_and_not_taken() -> None:
    record = evidence({1e-3: 0.4, 1e-2: 0.5, 1e-1: 0.9}, best=1e-2, gain=0.0, noise=0.01)
    found = judge(RULES, replace(record, steps=25))
    assert (found.status, found.learning_rate) == ("inconclusive", 1e-2)
    assert [one.code for one in found.reasons] == ["leads_in_short_trials"]
    assert found.interval.lower <= 1e-3
    moved = judge(RULES, replace(evidence({1e-3: 0.4, 1e-2: 0.5, 1e-1: 0.9}, best=5e-3, gain=0.0), steps=25))
    assert (moved.status, moved.learning_rate) == ("adjusted", pytest.approx(5e-3))
    assert [one.code for one in moved.reasons] == ["rate_moved", "leads_in_short_trials"]


def test_without_worse_rates_on_both_sides_nothing_is_confirmed() -> None:
    record = evidence({1e-3: 0.6, 1e-2: 0.5, 1e-1: 0.9}, best=1e-2, gain=0.0)
    found = judge(RULES, replace(record, bracketed=False))
    assert (found.status, found.reasons[0].code) == ("inconclusive", "lowest_at_an_edge")
    apart = replace(evidence({2e-3: 0.6, 7e-3: 0.5}, best=1e-2, gain=0.0), bracketed=False)
    (reason,) = judge(RULES, apart).reasons
    assert (reason.code, dict(reason.values)["best"]) == ("outermost_ends_lowest", 7e-3)


def test_where_nothing_is_learned_the_rate_that_loses_least_is_taken() -> None:
    losses: dict[float, float | None] = {1e-3: 1.02, 1e-2: 1.5, 1e-1: 30.0}
    found = judge(RULES, evidence(losses, best=1e-3, gain=0.4))
    assert (found.status, found.learning_rate) == ("no_better_than_constant", pytest.approx(1e-3))
    assert found.reasons[0].code == "nothing_learned"
    stands = judge(RULES, evidence(losses, best=1e-3, gain=0.0))
    assert (stands.status, stands.learning_rate) == ("no_better_than_constant", 1e-2)
    assert stands.reasons[-1].code == "rules_stand"


def test_a_flat_curve_leaves_the_rules_answer() -> None:
    found = judge(RULES, evidence({1e-3: 0.5, 1e-2: 0.5005, 1e-1: 0.501}, best=1e-3, gain=0.1))
    assert (found.status, found.learning_rate) == ("inconclusive", 1e-2)
    assert found.interval.lower <= 2e-3


def test_when_all_diverge_something_far_lower_is_advised() -> None:
    found = judge(RULES, evidence({1e-3: None, 1e-2: None}, best=1e-3, gain=0.0))
    assert found.status == "rejected"
    assert found.learning_rate < 1e-3


def test_short_trials_that_learn_nothing_leave_the_rules_answer_and_say_why() -> None:
    short = replace(evidence({1e-3: 0.999, 1e-2: 1.0, 1e-1: 30.0}, best=1e-3, gain=0.4), full_steps=400)
    found = judge(RULES, short)
    assert (found.status, found.learning_rate) == ("inconclusive", 1e-2)
    assert [one.code for one in found.reasons] == ["nothing_learned_in_short_trials", "rules_stand"]


def test_weights_that_do_not_move_are_recognised() -> None:
    found = judge(RULES, evidence({1e-3: 1.4, 1e-2: 1.4, 1e-1: 1.4}, best=1e-2, gain=0.0))
    assert found.status == "inconclusive"
    assert found.reasons[0].code == "training_changes_nothing"


def test_where_the_best_lies_at_an_edge_the_interval_reaches_further_and_a_note_says_so() -> None:
    whole = evidence({1e-3: 0.4, 1e-2: 0.5, 1e-1: 0.9}, best=1e-3, gain=0.2)
    bracketed, open_below = judge(RULES, whole), judge(RULES, replace(whole, bracketed=False))
    assert open_below.interval.lower == pytest.approx(bracketed.interval.lower / 10)
    assert open_below.interval.upper == bracketed.interval.upper
    assert {one.code for one in open_below.notes} - {one.code for one in bracketed.notes} == {"not_bracketed"}


@pytest.mark.parametrize(("linear", "lower"), [(0.30, True), (0.399, False), (0.5, False)])
def test_a_linear_model_that_ends_lower_beyond_noise_is_said_first(linear: float, lower: bool) -> None:
    own = judge(RULES, evidence({1e-3: 0.4, 1e-2: 0.5, 1e-1: 0.9}, best=1e-3, gain=0.2))
    found = with_linear_model(own, (0.4,), (linear,))
    assert (found.status == "worse_than_linear") == lower
    assert (found.reasons[0].code == "linear_model_ends_lower") == lower


@pytest.mark.parametrize(
    ("mean", "can_win", "code", "status"),
    [
        (0.3, False, "default_ends_lower", "inconclusive"),
        (0.3, True, "default_won", "adjusted"),
        (0.495, True, "undecided_between_recipes", "inconclusive"),
        (0.499, True, None, "confirmed"),
    ],
)
def test_adam_at_1e_3_wins_beyond_noise_only(mean: float, can_win: bool, code: str | None, status: str) -> None:
    record = evidence({1e-3: 0.6, 1e-2: 0.5, 1e-1: 0.9}, best=1e-2, gain=0.0)
    verdict = judge(RULES, record)
    adam = RULES.replaced(optimizer="adam", schedule="constant", learning_rate=1e-3)
    trial = record.trials[0].model_copy(
        update={"role": "default", "optimizer": "adam", "schedule": "constant", "losses": (mean,), "mean": mean}
    )
    together = verdict.model_copy(update={"trials": (*verdict.trials, trial)})
    recipe, found = held_against_all(RULES, together, record.decision, [Comparison("default", adam, can_win)])
    assert recipe == (adam if code == "default_won" else RULES)
    assert (found.status, found.default_loss) == (status, mean)
    said = {one.code for one in found.reasons} & {"default_ends_lower", "default_won", "undecided_between_recipes"}
    assert said == ({code} if code else set())


def test_where_some_seeds_diverge_next_to_the_advice_the_best_may_lie_as_far_below() -> None:
    record = evidence({1e-3: 0.5, 3e-3: 0.3, 1e-2: 0.2, 3e-2: 0.6}, best=1e-2, gain=0.0)
    assert judge(RULES, record).interval.lower == pytest.approx(5e-3)

    def at_the_next_rate(*losses: float | None) -> TrialRecord:
        above = record.trials[-1].model_copy(update={"losses": losses, "diverged": losses.count(None)})
        return replace(record, trials=(*record.trials[:-1], above))

    assert judge(RULES, at_the_next_rate(0.6, None)).interval.lower == pytest.approx(1e-2 / 3)
    assert judge(RULES, at_the_next_rate(None, None)).interval.lower == pytest.approx(5e-3)
