"""Situations of real logs: the right finding, the right direction, and nothing to change where nothing is wrong."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import advisor
from advisor.facts import DataFacts, ModelFacts
from advisor.results import Diagnosis, Symptom

Rows = list[dict[str, float]]


def noise(points: int, deviation: float, seed: int = 0) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.random.default_rng(seed).normal(0.0, deviation, points)


def factor(found: Diagnosis) -> float | None:
    return next((change.factor for change in found.changes if change.setting == "learning_rate"), None)


def symptom(found: Diagnosis, name: str) -> Symptom:
    return next(item for item in found.symptoms if item.name == name)


def present(found: Diagnosis) -> set[str]:
    return {item.name for item in found.present}


def filtered(good: int, zeros: int) -> Rows:
    """A log of transformers' Trainer whose loss turned NaN: the filter leaves exact zeros."""
    rows: Rows = [
        {"step": 10 * i, "loss": 2.0 - 0.05 * i, "grad_norm": 1.5, "learning_rate": 6e-5} for i in range(1, good + 1)
    ]
    return rows + [
        {"step": 10 * i, "loss": 0.0, "grad_norm": float("nan"), "learning_rate": 6e-5}
        for i in range(good + 1, good + zeros + 1)
    ]


@pytest.mark.parametrize("good", [0, 5, 12])
@pytest.mark.parametrize("with_norm", [True, False])
def test_zeros_in_place_of_nan_are_a_broken_run(good: int, with_norm: bool) -> None:
    rows = [row if with_norm else {k: v for k, v in row.items() if k != "grad_norm"} for row in filtered(good, 46)]
    found = advisor.diagnose(rows, optimizer="adamw")
    item = symptom(found, "nonfinite")
    assert (item.present, item.end, item.code) == (True, 1.0, "zeros_for_nan")
    assert item.start == pytest.approx(good / (good + 45), abs=0.01)
    assert factor(found) == pytest.approx(0.2)
    assert present(found) == {"nonfinite"}
    assert "nonfinite-checks" in {note.rule.id for note in found.notes}


@pytest.mark.parametrize(
    "loss",
    [
        np.round(2.0 * np.exp(-np.arange(200) / 8.0), 4),  # as the Trainer rounds
        np.maximum(0.0, 1.0 - np.arange(200) / 100.0),  # a hinge
    ],
    ids=["rounded", "hinge"],
)
def test_a_loss_that_converges_to_zero_is_not_broken(loss: np.ndarray[Any, np.dtype[np.float64]]) -> None:
    found = advisor.diagnose({"step": range(200), "loss": loss}, optimizer="adamw", learning_rate=1e-4)
    assert loss[-1] == 0.0
    assert not symptom(found, "nonfinite").present


@pytest.mark.parametrize("column", ["grad_norm", "val_loss", "aux_loss", "train/entropy"])
def test_a_column_that_turns_nan_for_good_breaks_the_run(column: str) -> None:
    good = [2.0 * np.exp(-i / 20.0) + 0.3 for i in range(100)]
    rows = [{"step": i, "loss": loss, column: 1.0 if i < 80 else float("nan")} for i, loss in enumerate(good)]
    found = advisor.diagnose(rows)
    item = symptom(found, "nonfinite")
    assert (item.present, item.column, item.code) == (True, column, "nan")
    assert item.start == pytest.approx(80 / 99, abs=0.01)
    assert column in found.explain()


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("grad_norm", [float("inf"), float("nan")] + [1.0] * 98),  # the loss scaler of float16 begins too high
        ("rmse_virial", [float("nan")] * 100),  # never measured
    ],
)
def test_values_that_were_never_measured_or_scaled_down_at_once_are_sound(column: str, values: list[float]) -> None:
    loss = [2.0 * np.exp(-i / 30.0) + 0.3 for i in range(100)]
    rows = [{"step": i, "loss": loss[i], column: values[i]} for i in range(100)]
    assert not symptom(advisor.diagnose(rows), "nonfinite").present


GRPO = {
    "step": range(527),
    "loss": 1e-6 * np.arange(527) ** 1.6,
    "reward": np.linspace(0.2, 0.8, 527),
    "kl": np.linspace(0.0, 0.1, 527),
    "clip_ratio": np.full(527, 0.01),
}
DPO = {
    "step": range(200),
    "loss": 0.69 + noise(200, 0.01),
    "rewards/chosen": np.linspace(0, 1, 200),
    "rewards/rejected": np.linspace(0, -1, 200),
    "rewards/margins": np.linspace(0, 2, 200),
}
DCGAN = {"step": range(300), "errD": 0.9 + noise(300, 0.2), "errG": 2.0 + np.linspace(0, 3, 300) + noise(300, 0.5)}
PPO = {
    "step": range(200),
    "train/loss": noise(200, 0.1),
    "train/policy_gradient_loss": noise(200, 0.01),
    "train/value_loss": 1.0 + noise(200, 0.1),
    "rollout/ep_rew_mean": np.linspace(10, 200, 200),
}


@pytest.mark.parametrize(
    ("log", "code", "columns"),
    [
        (GRPO, "policy", ("reward", "kl", "clip_ratio")),
        (PPO, "policy", ("train/policy_gradient_loss", "rollout/ep_rew_mean")),
        (DPO, "preference", ("rewards/chosen", "rewards/rejected")),
        (DCGAN, "adversarial", ("errD", "errG")),
    ],
    ids=["GRPO", "PPO", "DPO", "DCGAN"],
)
def test_a_loss_that_does_not_measure_progress_is_said_first(log: Any, code: str, columns: tuple[str, ...]) -> None:
    found = advisor.diagnose(log, optimizer="adam", learning_rate=1e-5)
    assert found.objective is not None
    assert (found.objective.code, found.objective.columns) == (code, columns)
    assert found.changes == ()
    heading = " ".join(found.explain().split("What the log shows", maxsplit=1)[0].split())
    assert "the loss does not measure progress in this kind of training; judge by" in heading
    assert "too short" not in heading


def test_facts_say_it_where_the_columns_do_not() -> None:
    loss = {"step": range(300), "loss": np.linspace(0.5, 3.0, 300)}
    for facts in ({"model": ModelFacts(family="gan")}, {"data": DataFacts(task="preference")}):
        found = advisor.diagnose(loss, **facts)
        assert found.objective is not None
        assert found.objective.columns == ()
        assert found.changes == ()


def test_a_broken_policy_run_is_still_broken() -> None:
    loss = np.array(GRPO["loss"])
    loss[400:] = np.nan
    found = advisor.diagnose({**GRPO, "loss": loss}, optimizer="adam")
    assert factor(found) == pytest.approx(0.2)
    assert "; also NaN or infinity" in " ".join(found.explain().split())


@pytest.mark.parametrize("extra", ["recon_loss", "elbo", "distill_loss"])
def test_a_divergence_that_is_a_part_of_the_loss_leaves_it_a_measure(extra: str) -> None:
    loss = 0.3 + 2 * np.exp(-np.arange(200) / 30)
    assert advisor.diagnose({"step": range(200), "loss": loss, "kl": loss / 2, extra: loss / 2}).objective is None


BERT = ModelFacts(family="transformer", pretrained=True)


@pytest.mark.parametrize(("rate", "wanted"), [(1e-3, 2e-5), (1e-2, 2e-5), (1e-7, 2e-5), (2e-5, None), (4e-5, None)])
def test_a_standstill_moves_the_rate_towards_what_the_rules_expect_for_the_job(
    rate: float, wanted: float | None
) -> None:
    """BERT, appendix A.3: 2e-5 to 5e-5."""
    log = {"step": range(80), "loss": 0.69 + noise(80, 0.006), "val_loss": np.full(80, 0.693)}
    found = advisor.diagnose(log, model=BERT, optimizer="adam", learning_rate=rate)
    assert present(found) == {"stuck_at_chance"}
    assert (found.changed_recipe.learning_rate if wanted else factor(found)) == (wanted and pytest.approx(wanted))
    assert found.expected is not None
    assert found.expected.position == ("within" if wanted is None else "above" if rate > 1e-4 else "below")
    assert f"the rate of the run lies {found.expected.position}" in " ".join(found.explain().split())


X = np.linspace(0.0, 1.0, 200)
SYMPTOMS = {
    "stuck": 2.303 + noise(200, 0.004),
    "slow": 2.3 - 0.3 * X + noise(200, 0.004),
    "diverged": np.where(X < 0.5, 2.3 - 3 * X, 0.8 + 6 * (X - 0.5)),
    "nan": np.where(X < 0.6, 2.3 - 2 * X, np.nan),
    "oscillating": 1.0 + 0.5 * np.sin(0.9 * np.arange(200)) + noise(200, 0.02),
    "jumped": np.concatenate([[2.3, 6.0, 9.0, 5.0, 3.5], 2.31 + noise(195, 0.01)]),
}
JOBS: dict[str, tuple[ModelFacts, str, float, float]] = {
    "tables": (ModelFacts(family="mlp"), "adam", 1e-6, 0.1),
    "images": (ModelFacts(family="cnn"), "sgd", 1e-5, 10.0),
    "fine-tuning": (BERT, "adamw", 1e-8, 3e-3),
    "text from scratch": (ModelFacts(family="language_model", pretrained=False), "adamw", 1e-7, 0.1),
    "graphs": (ModelFacts(family="gnn"), "adam", 1e-7, 1.0),
}


@pytest.mark.parametrize("name", SYMPTOMS)
@pytest.mark.parametrize("job", JOBS)
def test_the_direction_comes_from_where_the_rate_stands(name: str, job: str) -> None:
    """Above what the rules expect the rate goes to it; below, it is raised or, for a broken run, left alone."""
    model, optimizer, low, high = JOBS[job]
    log = {"step": range(1, 201), "loss": SYMPTOMS[name]}
    above = advisor.diagnose(log, model=model, optimizer=optimizer, learning_rate=high)
    below = advisor.diagnose(log, model=model, optimizer=optimizer, learning_rate=low)
    assert above.expected is not None
    assert below.expected is not None
    assert (above.expected.position, below.expected.position) == ("above", "below")
    assert above.changed_recipe.learning_rate == pytest.approx(above.expected.learning_rate)
    if name in {"stuck", "slow"}:
        assert below.changed_recipe.learning_rate == pytest.approx(below.expected.learning_rate)
    else:
        assert factor(below) is None
        assert "broken-below-the-expected-rate" in {note.rule.id for note in below.notes}


@pytest.mark.parametrize(("optimizer", "rate"), [("adam", 1e-3), ("sgd", 0.1)])
def test_a_standstill_at_a_usual_rate_has_no_direction_where_the_job_is_not_known(optimizer: str, rate: float) -> None:
    log = {"step": range(200), "loss": SYMPTOMS["stuck"]}
    found = advisor.diagnose(log, optimizer=optimizer, learning_rate=rate)
    assert factor(found) is None
    assert {note.rule.id for note in found.notes} == {"stuck-at-a-usual-rate"}


@pytest.mark.parametrize(("optimizer", "rate"), [("adam", 1e-6), ("sgd", 1e-5)])
def test_a_slow_fall_at_a_tiny_rate_is_sped_up_thirtyfold(optimizer: str, rate: float) -> None:
    log = {"step": range(200), "loss": SYMPTOMS["slow"]}
    assert factor(advisor.diagnose(log, optimizer=optimizer, learning_rate=rate)) == pytest.approx(30.0)


@pytest.mark.parametrize("length", [3, 20])
def test_zeros_between_sound_losses_are_said(length: int) -> None:
    loss = 0.5 + np.exp(-3 * np.linspace(0, 1, 400)) + noise(400, 0.02)
    loss[150 : 150 + length] = 0.0
    found = advisor.diagnose({"step": range(400), "loss": loss}, optimizer="adamw", learning_rate=1e-3)
    item = symptom(found, "nonfinite")
    assert (item.present, item.code) == (True, "zeros_in_between")
    assert (item.start, item.end) == (pytest.approx(150 / 399), pytest.approx((149 + length) / 399))
    assert factor(found) is None
    hinge = np.where(np.arange(400) % 7 < 4, 0.0, 0.3 + noise(400, 0.1))
    hinge[::9] = 1e-4
    assert not symptom(advisor.diagnose({"step": range(400), "loss": hinge}), "nonfinite").present


@pytest.mark.parametrize("deviation", [0.0, 0.01, 0.05])
def test_a_slow_rise_after_the_lowest_point_is_said(deviation: float) -> None:
    steps = np.arange(400)
    loss = 0.5 + 2 * np.exp(-steps / 20) + np.clip(steps - 200, 0, None) * 6e-4 + noise(400, deviation)
    found = advisor.diagnose({"step": steps, "loss": loss}, optimizer="adamw", learning_rate=1e-3, schedule="constant")
    item = symptom(found, "plateau")
    assert (item.present, item.code) == (True, "rises_again")
    assert 0.2 < item.start < 0.65
    assert "rose slowly" in " ".join(found.explain().split())


def test_restarts_of_the_schedule_leave_a_healthy_run_alone() -> None:
    phase = np.arange(400) % 100 / 100
    rate = 5e-4 * (1 + np.cos(np.pi * phase))
    loss = 0.5 + 1.5 * np.exp(-np.arange(400) / 60) + 250 * rate * (np.arange(400) >= 100) + noise(400, 0.01)
    assert advisor.diagnose({"step": range(400), "loss": loss, "lr": rate}, optimizer="adamw").changes == ()


@pytest.mark.parametrize("points", [12, 20, 30, 60, 100])
@pytest.mark.parametrize("deviation", [0.05, 0.15])
@pytest.mark.parametrize("seed", range(4))
def test_means_over_epochs_that_scatter_under_a_decaying_rate_are_healthy(
    points: int, deviation: float, seed: int
) -> None:
    share = np.linspace(0.0, 1.0, points)
    loss = (0.3 + 2 * np.exp(-5 * share)) * np.exp(noise(points, deviation, seed))
    log = {"epoch": range(1, points + 1), "loss": loss, "lr": 5e-4 * (1 + np.cos(np.pi * share))}
    assert advisor.diagnose(log, optimizer="adamw").changes == ()


def test_a_contrastive_loss_at_its_margin_is_a_collapse() -> None:
    log = {"step": range(200), "loss": 0.3 + noise(200, 0.002)}
    net = ModelFacts(family="cnn", pretrained=True)
    found = advisor.diagnose(log, data=DataFacts(task="contrastive"), model=net, optimizer="adam", learning_rate=1e-3)
    assert "stuck-contrastive" in {note.rule.id for note in found.notes}


def first_epoch(level: float, deviation: float, points: int = 50) -> dict[str, Any]:
    return {"epoch": np.linspace(0.02, 1.0, points), "loss": level + noise(points, deviation)}


@pytest.mark.parametrize("level", [1.2, 2.1, 3.4])
def test_the_first_epoch_of_a_pretrained_net_cannot_tell(level: float) -> None:
    model = ModelFacts(family="language_model", pretrained=True)
    found = advisor.diagnose(first_epoch(level, 0.15), model=model, optimizer="adamw", learning_rate=2e-5)
    assert symptom(found, "stuck_at_chance").present is None
    assert symptom(found, "stuck_at_chance").code == "pretrained_start"
    assert found.changes == ()
    assert "cannot tell whether it learns" in " ".join(found.explain().split())


@pytest.mark.parametrize("fall", [0.0, 0.12])
def test_a_log_that_begins_in_the_middle_of_its_run_cannot_tell_how_fast_it_learns(fall: float) -> None:
    log = {"step": 50_000 + 100 * np.arange(200), "loss": 2.1 - fall * np.linspace(0.0, 1.0, 200) + noise(200, 0.01)}
    found = advisor.diagnose(log, optimizer="adamw", learning_rate=3e-4)
    wanted = symptom(found, "slow" if fall else "stuck_at_chance")
    assert (wanted.present, wanted.code) == (None, "begins_in_the_middle")
    assert found.changes == ()
    assert "the log begins in the middle of its run, at 50,000" in " ".join(found.explain().split())
    from_the_start = advisor.diagnose(log | {"step": 100 * np.arange(200)}, optimizer="adamw", learning_rate=3e-4)
    assert from_the_start.present


def test_a_net_from_scratch_that_gains_nothing_in_its_first_epoch_learned_nothing() -> None:
    model = ModelFacts(family="language_model", pretrained=False)
    found = advisor.diagnose(first_epoch(9.2, 0.05), model=model, optimizer="adamw", learning_rate=1e-7)
    assert present(found) == {"stuck_at_chance"}


def excursion(height: float = 3.55, *, points: int = 300, deviation: float = 0.02, seed: int = 0) -> Any:
    before, after = points * 2 // 3, points - points * 2 // 3
    scale = points / 10
    loss = np.concatenate(
        [0.4 + 2 * np.exp(-np.arange(before) / scale), 0.45 + height * np.exp(-np.arange(after) / scale)]
    )
    return loss + noise(points, deviation, seed)


@pytest.mark.parametrize("points", [90, 300, 3000])
@pytest.mark.parametrize("height", [0.3, 1.0, 3.55])
@pytest.mark.parametrize("seed", range(2))
def test_a_late_excursion_lies_between_a_spike_and_a_divergence(points: int, height: float, seed: int) -> None:
    log = {"step": range(points), "loss": excursion(height, points=points, seed=seed)}
    found = advisor.diagnose(log, optimizer="adamw", learning_rate=1e-3)
    item = symptom(found, "late_excursion")
    assert present(found) == {"late_excursion"}
    assert item.start == pytest.approx(2 / 3, abs=0.03)
    assert item.end < 1.0
    assert factor(found) == pytest.approx(0.5)
    assert any("checkpoint" in note.text for note in found.notes)


def test_a_restart_of_the_schedule_is_no_excursion() -> None:
    rate = np.concatenate([np.linspace(1e-3, 0, 200), np.linspace(1e-3, 0, 100)])
    found = advisor.diagnose({"step": range(300), "loss": excursion(1.0), "lr": rate}, optimizer="adamw")
    assert not symptom(found, "late_excursion").present


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("deviation", [0.01, 0.1, 0.3])
@pytest.mark.parametrize("points", [60, 400, 4000])
def test_a_healthy_run_has_no_excursion_and_no_standstill(points: int, deviation: float, seed: int) -> None:
    share = np.linspace(0.0, 1.0, points)
    loss = (0.3 + 2 * np.exp(-6 * share)) * np.exp(noise(points, deviation, seed))
    found = advisor.diagnose(
        {"step": range(points), "loss": loss}, optimizer="adamw", learning_rate=1e-3, schedule="cosine"
    )
    assert present(found) == set()
    assert "nothing to change" in found.explain()


@pytest.mark.parametrize("deviation", [0.0, 0.02, 0.2])
def test_a_loss_that_stands_still_for_two_thirds_of_the_run_says_since_when(deviation: float) -> None:
    loss = np.where(np.arange(10_000) < 3400, 18 * np.exp(-np.arange(10_000) / 298.0), 2e-4)
    loss = loss * np.exp(noise(10_000, deviation))
    found = advisor.diagnose({"epoch": range(10_000), "loss": loss}, optimizer="adam", learning_rate=1e-3)
    item = symptom(found, "standstill")
    assert item.present
    assert item.start == pytest.approx(0.34, abs=0.05)
    assert re.search(r"the last 6[2-7] % of the run gained nothing", " ".join(found.explain().split()))


@pytest.mark.parametrize("deviation", [0.002, 0.01, 0.02])
def test_a_plateau_scheduler_that_lowers_the_rate_in_vain_is_said_since_when(deviation: float) -> None:
    epochs = np.arange(60)
    loss = 0.5 + 1.5 * np.clip(1 - epochs / 8, 0, None) + noise(60, deviation)
    rate = 1e-3 * 0.1 ** np.clip((epochs - 8) // 12, 0, None)
    found = advisor.diagnose({"epoch": epochs + 1, "loss": loss, "lr": rate}, optimizer="adam")
    item = symptom(found, "standstill")
    assert item.present
    assert round(1 + 59 * item.start) in {8, 9, 10}
    assert {note.rule.id for note in found.notes} == {"standstill"}


@pytest.mark.parametrize("best", [1, 2, 3])
def test_overfitting_of_a_fine_tuning_begins_at_its_best_epoch(best: int) -> None:
    epochs = np.arange(1, 11)
    held_out = np.where(epochs <= best, 0.5 - 0.05 * epochs, 0.5 - 0.05 * best + 0.06 * (epochs - best))
    log = {"epoch": epochs, "loss": 0.6 * 0.6**epochs, "eval_loss": held_out}
    found = advisor.diagnose(log, model=BERT, optimizer="adamw", learning_rate=2e-5, weight_decay=0.01)
    item = symptom(found, "overfitting")
    assert item.present
    assert round(1 + 9 * item.start) == best
    epochs_to_run = next(change.after for change in found.changes if change.setting == "epochs")
    assert best <= float(epochs_to_run) <= best + 2  # type: ignore[arg-type]
    assert f"from epoch {best} of 10 on" in " ".join(found.explain().split())
    assert any("two to four epochs" in note.text for note in found.notes)


def test_what_was_read_as_what_is_printed_with_the_alternatives() -> None:
    loss = 0.3 + 2 * np.exp(-np.arange(100) / 15)
    log = {"step": range(100), "loss": loss, "val_loss/dataloader_idx_0": loss, "val_loss/dataloader_idx_1": loss}
    text = " ".join(
        advisor.diagnose({**log, "lr-AdamW/pg1": [5e-5] * 100, "lr-AdamW/pg2": [5e-3] * 100}).explain().split()
    )
    for part in (
        "loss: loss",
        "held-out loss: val_loss/dataloader_idx_0 (also in the log: val_loss/dataloader_idx_1)",
        "learning rate: lr-AdamW/pg2 (also in the log: lr-AdamW/pg1)",
        "position: step",
        "lr-AdamW/pg1: 5e-5; lr-AdamW/pg2: 5e-3",
    ):
        assert part in text


def test_the_warm_up_of_a_log_by_epochs_counts_the_epoch_before_its_first_row() -> None:
    epochs = np.arange(1, 41)
    rate = 0.0098 * np.minimum(1.0, epochs / 3) * (1 - 0.9 * np.clip(epochs - 3, 0, None) / 37)
    loss = 0.3 + 2 * np.exp(-epochs / 8)
    log = {"epoch": epochs, "loss": loss, "lr/pg0": np.maximum(rate, 0.1 - 0.035 * epochs), "lr/pg1": rate}
    found = advisor.diagnose(log, optimizer="sgd")
    assert found.recipe.learning_rate == pytest.approx(0.0098)
    assert found.recipe.warmup_fraction == pytest.approx(3 / 40)
    started_at_zero = advisor.diagnose({"epoch": epochs, "loss": loss, "lr": np.minimum(1.0, (epochs - 1) / 3)})
    assert started_at_zero.recipe.warmup_fraction == pytest.approx(3 / 39)


def test_a_small_gain_of_a_pretrained_language_model_lowers_no_rate() -> None:
    loss = 1.15 - 0.15 * np.arange(60) / 60 + noise(60, 0.06, 11)  # near ln 3, which a language model does not guess
    rate = 1e-4 * (1 + np.cos(np.pi * np.arange(60) / 60))
    log = {"step": range(10, 610, 10), "loss": loss, "lr": rate}
    found = advisor.diagnose(log, optimizer="adamw", model=ModelFacts(family="language_model", pretrained=True))
    assert found.expected is not None
    assert found.expected.position == "above"
    assert not found.changes
    scratch = advisor.diagnose(log, optimizer="adamw", model=ModelFacts(family="language_model", pretrained=False))
    assert scratch.facts.history.late_gain is not None


def test_waves_of_a_few_points_are_an_oscillation() -> None:
    steps = np.arange(200)
    loss = 0.4 + 0.57 * (1.3 + np.sin(steps / 200 * 2 * np.pi * 14)) + 0.95 * np.exp(-steps / 10) + noise(200, 0.02)
    found = advisor.diagnose({"step": steps, "loss": loss, "lr": np.full(200, 0.05)}, optimizer="sgd")
    assert present(found) == {"oscillating"}
    assert factor(found) == pytest.approx(0.5)
