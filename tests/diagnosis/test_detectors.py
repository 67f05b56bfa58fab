"""Detectors against seeded curves whose symptom is known: present and absent, noisy and clean, short and long."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from advisor.diagnosis import History, Series, detect_symptoms
from advisor.diagnosis.curve import smoothed
from advisor.facts import HistoryFacts

Array = NDArray[np.float64]
NOISES = (0.0, 0.01, 0.05)
LENGTHS = (60, 400, 5000)


def decay(points: int, start: float = 2.3, end: float = 0.3) -> Array:
    """A healthy run: most of the gain early, a slow approach to the end."""
    return end + (start - end) * np.exp(-6.0 * np.linspace(0.0, 1.0, points))


def noisy(values: Array, noise: float, seed: int = 0) -> Array:
    """Multiply by log-normal noise, as losses of batches have it."""
    return np.asarray(values * np.exp(noise * np.random.default_rng(seed).standard_normal(len(values))))


def log_of(loss: Array, held_out: Array | None = None, rate: Array | None = None, unit: str = "step") -> History:
    def series(name: str, values: Array | None) -> Series | None:
        if values is None:
            return None
        at = np.arange(1.0, len(values) + 1.0) * len(loss) / len(values)
        return Series(name, at, np.asarray(values, dtype=np.float64))

    return History("test", unit, series("loss", loss), series("val_loss", held_out), series("lr", rate))


def facts(loss: Array, held_out: Array | None = None, rate: Array | None = None, unit: str = "step") -> HistoryFacts:
    return detect_symptoms(log_of(loss, held_out, rate, unit)).facts


def seen(found: HistoryFacts) -> set[str]:
    flags = ("nonfinite", "diverged", "oscillating", "oscillation_early", "slow", "stuck_at_chance", "overfitting")
    return {name for name in flags if getattr(found, name)} | ({"spikes"} if found.spikes else set())


def diverging(points: int) -> Array:
    share = np.linspace(0.0, 1.0, points)
    return np.where(share < 0.5, 2.3 - 2.0 * share, 1.3 + 8.0 * (share - 0.5) ** 2)


def oscillating(points: int) -> Array:
    return 1.0 + 0.5 * np.sin(np.linspace(0.0, 12.0 * np.pi, points))


def early_rise(points: int) -> Array:
    share = np.linspace(0.0, 1.0, points)
    return decay(points) + 3.0 * np.exp(-(((share - 0.07) / 0.03) ** 2))


CASES = {
    "diverged": diverging,
    "oscillating": oscillating,
    "oscillation_early": early_rise,
    "slow": lambda points: np.linspace(2.3, 1.9, points),
    "stuck_at_chance": lambda points: np.full(points, 2.303),
}


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("points", LENGTHS)
@pytest.mark.parametrize("name", CASES)
def test_a_symptom_is_seen_through_noise_and_is_the_only_one(name: str, points: int, noise: float) -> None:
    assert seen(facts(noisy(CASES[name](points), noise, seed=points))) == {name}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("noise", [*NOISES, 0.3])
@pytest.mark.parametrize("points", LENGTHS)
def test_a_healthy_run_shows_nothing(points: int, noise: float, seed: int) -> None:
    assert seen(facts(noisy(decay(points), noise, seed))) == set()


@pytest.mark.parametrize("noise", [0.05, 0.3])
@pytest.mark.parametrize("points", LENGTHS)
def test_noise_around_the_start_is_a_standstill_and_no_oscillation(points: int, noise: float) -> None:
    assert seen(facts(noisy(np.full(points, 2.3), noise, seed=points))) == {"stuck_at_chance"}


@pytest.mark.parametrize("seed", range(3))
def test_a_healthy_run_by_epochs_with_a_held_out_loss_shows_nothing(seed: int) -> None:
    loss, held_out = noisy(decay(30), 0.02, seed), noisy(decay(30, 2.3, 0.4), 0.02, seed + 10)
    assert seen(facts(loss, held_out, unit="epoch")) == set()


@pytest.mark.parametrize("at", [0, 30, 99])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_the_first_value_that_is_not_finite_is_the_onset(at: int, value: float) -> None:
    loss = decay(100)
    loss[at:] = value
    found = facts(loss)
    assert found.nonfinite is True
    assert found.divergence_onset == pytest.approx(at / 99)


@pytest.mark.parametrize(("broken", "recovered"), [([50], True), ([3, 50], True), ([97], False), ([50, 98], False)])
def test_a_loss_that_is_finite_again_for_good_has_recovered(broken: list[int], recovered: bool) -> None:
    loss = decay(100)
    loss[broken] = np.nan
    found = facts(loss)
    assert (found.nonfinite, found.recovered) == (True, recovered)
    assert (found.divergence_onset is None) is recovered


def test_a_finite_loss_has_nothing_to_recover_from() -> None:
    assert facts(decay(100)).recovered is None


def test_a_log_without_any_finite_loss_says_so_and_nothing_else() -> None:
    found = detect_symptoms(log_of(np.full(50, np.nan)))
    assert found.facts.nonfinite is True
    assert {
        name: finding.present for name, finding in found.findings if name not in {"nonfinite", "noisy_end"}
    } == dict.fromkeys(
        (
            *("diverged", "oscillating", "oscillation_early", "stuck_at_chance", "slow", "plateau", "overfitting"),
            *("spikes", "late_excursion", "standstill"),
        )
    )


@pytest.mark.parametrize("noise", NOISES)
def test_the_onset_of_divergence_lies_where_the_loss_turns(noise: float) -> None:
    found = facts(noisy(diverging(1000), noise))
    assert found.divergence_onset is not None
    assert 0.5 < found.divergence_onset < 0.85


def test_a_slow_divergence_begins_where_the_loss_leaves_its_level() -> None:
    steps = np.arange(100)
    losses = np.where(steps < 60, 3.0 + 6.0 * np.exp(-steps / 15.0), 3.1 + 0.15 * np.maximum(steps - 60.0, 0.0) ** 1.1)
    found = facts(noisy(losses, 0.03))
    assert found.divergence_onset == pytest.approx(0.62, abs=0.02)


@pytest.mark.parametrize("count", [1, 4])
def test_spikes_are_counted(count: int) -> None:
    loss = noisy(decay(1000), 0.02)
    for index in range(count):
        loss[300 + 150 * index] *= 6.0
    found = facts(loss)
    assert found.spikes == count
    assert seen(found) == {"spikes"}


def test_one_hard_batch_and_a_restart_of_the_schedule_are_no_spikes() -> None:
    loss = noisy(decay(1000), 0.02)
    loss[500] *= 1.8
    assert facts(loss).spikes == 0
    restarted = noisy(np.concatenate([decay(500), decay(500, 1.0)]), 0.02)
    assert facts(restarted).spikes == 0
    loss[600:603] *= 1.8  # three in a row are no batch but a step that went too far
    assert facts(loss).spikes == 1


def test_jumps_of_a_loss_near_zero_are_no_spikes() -> None:
    loss = noisy(np.geomspace(2.0, 1e-5, 1000), 0.05)
    loss[[700, 701, 702]] *= 50.0
    assert facts(loss).spikes == 0
    loss[[700, 701, 702]] = 0.3  # hard batches of a task that is solved
    assert facts(loss).spikes == 0
    assert facts(np.where(loss < 1e-3, 0.0, loss)).spikes == 0  # too small for a float
    loss[[700, 701, 702]] = 1.0
    assert facts(loss).spikes == 1


def test_an_oscillating_loss_that_ends_on_a_crest_did_not_diverge() -> None:
    loss = 1.0 - 0.5 * np.cos(np.linspace(0.0, 13.0 * np.pi, 1000))
    assert seen(facts(noisy(loss, 0.02))) == {"oscillating"}
    assert facts(noisy(loss * np.geomspace(1.0, 8.0, 1000), 0.02)).diverged is True


def test_where_the_target_moves_only_broken_values_and_spikes_are_looked_for() -> None:
    loss = noisy(np.linspace(0.5, 2.0, 400), 0.3)
    assert facts(loss).diverged is True
    found = detect_symptoms(log_of(loss), objective="policy")
    judged = {name for name, finding in found.findings if finding.present is not None}
    assert judged == {"nonfinite", "spikes"}
    assert seen(found.facts) == set()
    assert (found.facts.late_gain, found.facts.initial_jump, found.facts.noise_floor) == (None, None, None)


@pytest.mark.parametrize("points", [5, 8, 9])
def test_the_bend_of_a_short_log_is_no_noise_at_the_end(points: int) -> None:
    assert facts(decay(points), decay(points), unit="epoch").noise_floor is None


@pytest.mark.parametrize("best", [6, 12, 20])
def test_overfitting_begins_where_the_held_out_loss_was_lowest(best: int) -> None:
    epochs = np.arange(1, 31)
    held_out = 0.5 + 0.02 * np.abs(epochs - best)
    found = facts(decay(30), noisy(held_out, 0.005), unit="epoch")
    assert found.overfitting is True
    assert found.overfitting_onset == pytest.approx(best / 30, abs=0.05)


def test_a_held_out_loss_that_rises_with_the_training_loss_is_divergence() -> None:
    found = facts(diverging(40), diverging(40) + 0.1, unit="epoch")
    assert (found.diverged, found.overfitting) == (True, False)


def test_a_held_out_loss_alone_shows_no_overfitting() -> None:
    log = History("test", "epoch", None, Series("val_loss", np.arange(1.0, 31.0), decay(30)))
    assert detect_symptoms(log).facts.overfitting is None


@pytest.mark.parametrize("noise", [0.0, 0.02])
def test_a_plateau_begins_where_the_descent_ends(noise: float) -> None:
    loss = np.concatenate([np.linspace(2.0, 0.5, 200), np.full(300, 0.5)])
    found = detect_symptoms(log_of(noisy(loss, noise)), final_fraction=1.0)
    finding = dict(found.findings)["plateau"]
    assert finding.present
    assert finding.start == pytest.approx(0.4, abs=0.08)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("points", LENGTHS)
def test_a_run_that_flattens_as_its_rate_decays_is_on_no_plateau(points: int, noise: float, seed: int) -> None:
    share = np.linspace(0.0, 1.0, points)
    loss, rate = noisy(0.3 + 2.0 * np.exp(-10.0 * share), noise, seed), 1e-3 * (1.0 + np.cos(np.pi * share))
    assert facts(loss, rate=rate).plateau is False
    assert facts(loss).plateau is not True  # a rate that is not logged may have decayed


def test_a_standstill_of_nearly_the_whole_run_is_a_plateau_under_any_schedule() -> None:
    loss = noisy(np.concatenate([np.linspace(2.0, 0.5, 40), np.full(460, 0.5)]), 0.02)
    assert facts(loss, rate=1.0 + np.cos(np.linspace(0.0, np.pi, 500))).plateau is True


def test_without_the_rate_a_flat_end_is_no_plateau_yet() -> None:
    loss = noisy(np.concatenate([np.linspace(2.0, 0.5, 40), np.full(460, 0.5)]), 0.02)
    finding = dict(detect_symptoms(log_of(loss)).findings)["plateau"]
    assert finding.present is None
    assert finding.code == "flat_at_an_unknown_rate"
    assert dict(finding.numbers)["level"] == pytest.approx(0.5, rel=0.02)


def test_a_loss_with_nothing_left_to_gain_is_on_no_plateau() -> None:
    loss = np.concatenate([np.geomspace(2.0, 1e-4, 100), np.full(400, 1e-4)])
    assert facts(loss, rate=np.full(500, 1e-3)).plateau is False


def test_a_loss_that_still_falls_is_on_no_plateau() -> None:
    assert facts(np.linspace(2.0, 0.5, 300)).plateau is False


def test_a_steady_descent_that_has_got_far_is_not_slow() -> None:
    assert facts(np.linspace(2.0, 0.3, 300)).slow is False


def test_under_a_cosine_schedule_a_rate_that_is_too_low_shows_in_time_counted_in_rates() -> None:
    rate = 0.5 * (1.0 + np.cos(np.linspace(0.0, np.pi, 300)))
    loss = 2.3 - 0.3 * np.cumsum(rate) / rate.sum()  # the gain follows the rate: the surface never bends
    assert facts(loss).slow is False
    assert facts(loss, rate=rate).slow is True


def test_memorising_the_training_rows_is_no_slow_convergence() -> None:
    found = facts(np.linspace(1.0, 0.75, 40), np.full(40, 0.9), unit="epoch")
    assert found.slow is False


def test_a_run_that_falls_to_the_constant_predictors_loss_and_no_further_learned_nothing() -> None:
    loss = np.concatenate([np.array([40.0, 9.0]), np.full(40, 2.303)])
    assert detect_symptoms(log_of(loss, unit="epoch")).facts.stuck_at_chance is False
    assert detect_symptoms(log_of(loss, unit="epoch"), constant_loss=2.303).facts.stuck_at_chance is True


def test_a_jump_within_the_first_epoch_is_not_ruled_out_by_means_over_epochs() -> None:
    assert facts(np.full(30, 2.3), unit="epoch").initial_jump is None
    assert facts(np.full(30, 2.3), unit="step").initial_jump == pytest.approx(1.0)


@pytest.mark.parametrize("noise", [0.02, 0.3])
def test_noise_at_the_end_is_judged_by_the_held_out_loss(noise: float) -> None:
    found = facts(noisy(decay(2000), 0.3), noisy(decay(200), noise, seed=1))
    assert found.noise_floor == pytest.approx(noise, rel=0.6)
    assert facts(noisy(decay(2000), 0.3)).noise_floor is None  # single batches jitter in every run


@pytest.mark.parametrize("points", [5, 7, 11])
def test_too_few_points_are_unknown_and_say_how_many_it_takes(points: int) -> None:
    found = detect_symptoms(log_of(decay(points)))
    assert found.facts.spikes is None
    for name, finding in found.findings:
        if finding.present is None:
            assert finding.code is not None, name
            assert points < dict(finding.numbers).get("least", points + 1)
    assert dict(found.findings)["oscillating"].present is None


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("noise", [0.3, 0.6])
def test_noise_makes_no_jump(noise: float, seed: int) -> None:
    """The lowest of a few noisy losses lies far below the highest of hundreds; a jump needs more."""
    assert facts(noisy(np.full(1500, 1.0), noise, seed)).initial_jump == 1.0
    thrown = np.concatenate([np.full(20, 1.0), np.full(30, 40.0), np.full(1450, 1.0)])
    assert (facts(noisy(thrown, noise, seed)).initial_jump or 0.0) > 10.0


@pytest.mark.parametrize(("start", "end", "gain"), [(2.0, 1.0, 0.5), (1.0, 1.0, 0.0), (1.0, 1.5, -0.5)])
def test_the_late_gain_leaves_the_first_tenth_aside(start: float, end: float, gain: float) -> None:
    loss = np.concatenate([np.full(90, 900.0), np.full(260, start), np.full(650, end)])
    assert facts(loss).late_gain == pytest.approx(gain)


@pytest.mark.parametrize("seed", range(5))
def test_a_lucky_point_of_a_noisy_held_out_loss_is_no_overfitting(seed: int) -> None:
    held_out = noisy(np.full(60, 1.0), 0.15, seed)
    held_out[10] = 0.5
    assert facts(decay(60), held_out, unit="epoch").overfitting is False


@pytest.mark.parametrize("seed", range(5))
def test_overfitting_shows_through_the_noise_of_the_held_out_loss(seed: int) -> None:
    epochs = np.arange(60)
    held_out = noisy(0.5 + 0.3 * np.exp(-epochs / 2.0) + 0.004 * epochs, 0.1, seed)
    assert facts(decay(60), held_out, unit="epoch").overfitting is True


def test_a_run_that_had_learned_and_fell_apart_diverged_and_is_not_stuck() -> None:
    loss = np.array([1.348, 0.762, 1.204, 1.178, 1.065, 2.263, 1.813, 1.864, 1.832, 2.105])
    held_out = np.array([0.542, 1.193, 1.174, 1.4, 1.184, 1.785, 1.708, 1.899, 2.383, 2.078])
    found = facts(loss, held_out, unit="epoch")
    assert (found.diverged, found.stuck_at_chance) == (True, False)


def test_warmup_and_decay_are_read_from_the_rate() -> None:
    rate = np.concatenate([np.linspace(0.0, 0.01, 11), np.linspace(0.01, 0.0, 90)])
    found = facts(decay(101), rate=rate)
    assert found.learning_rate == pytest.approx(0.01)
    assert found.warmup_fraction == pytest.approx(0.1)
    assert found.final_fraction == 0.0


def test_gradient_norms_give_their_growth_and_the_share_that_was_clipped() -> None:
    norms = Series("grad_norm", np.arange(1.0, 101.0), np.geomspace(0.1, 10.0, 100))
    log = History("test", "step", Series("loss", np.arange(1.0, 101.0), decay(100)), gradient_norm=norms)
    found = detect_symptoms(log, clip_norm=1.0).facts
    assert found.gradient_norm_growth == pytest.approx(100.0, rel=0.6)
    assert found.clipped_share == pytest.approx(0.5)
    assert found.gradient_norm_high == pytest.approx(np.quantile(norms.values, 0.9))


def test_the_running_median_of_a_long_curve_is_close_to_the_exact_one() -> None:
    values = noisy(decay(40_000), 0.1)
    close, window = smoothed(values, 2001), 2001
    places = range(2000, 38_000, 977)
    exact = np.array([np.median(values[place - window // 2 : place + window // 2 + 1]) for place in places])
    assert np.abs(close[list(places)] / exact - 1.0).max() < 0.03
    assert len(close) == len(values)


def test_a_log_of_a_million_rows_is_read_by_the_same_detectors() -> None:
    loss = noisy(decay(1_000_000), 0.2)
    assert seen(facts(loss)) == set()
    loss[600_000:600_400] *= 20.0
    assert facts(loss).spikes == 1


CURVES = st.sampled_from(sorted(CASES))


@settings(max_examples=25, deadline=None)
@given(name=CURVES, scale=st.floats(1e-6, 1e6), seed=st.integers(0, 50))
def test_the_unit_of_the_loss_does_not_matter(name: str, scale: float, seed: int) -> None:
    loss = noisy(CASES[name](300), 0.02, seed)
    assert seen(facts(scale * loss)) == seen(facts(loss))


@settings(max_examples=25, deadline=None)
@given(name=CURVES, every=st.sampled_from([2, 3, 5]), seed=st.integers(0, 50))
def test_logging_less_often_changes_no_clear_symptom(name: str, every: int, seed: int) -> None:
    loss = noisy(CASES[name](3000), 0.01, seed)
    assert seen(facts(loss[::every])) == seen(facts(loss)) == {name}


ANY = st.floats(allow_nan=True, allow_infinity=True)


@settings(max_examples=80, deadline=None)
@given(
    loss=st.lists(ANY, min_size=1, max_size=130),
    held_out=st.lists(ANY, max_size=40),
    rate=st.lists(ANY, max_size=40),
    unit=st.sampled_from(["step", "epoch", "row"]),
)
def test_no_series_breaks_it(loss: list[float], held_out: list[float], rate: list[float], unit: str) -> None:
    found = facts(np.array(loss), np.array(held_out) if held_out else None, np.array(rate) if rate else None, unit)
    norms = Series("grad_norm", np.arange(len(loss)), np.abs(np.array(loss)))
    detect_symptoms(History("test", "step", norms, gradient_norm=norms), clip_norm=1.0)
    assert found.nonfinite is not np.isfinite(loss).all()
