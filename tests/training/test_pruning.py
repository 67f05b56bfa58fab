"""Runs that cannot win leave early, and a high rate that will anneal to the best does not."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from advisor.recipe.optimizers import OptimizerSettings
from advisor.training.batched.trainer import BatchedTrainer
from advisor.training.job import make_job
from advisor.training.pruning import IntermediateLoss, Pruning, PruningRecord, middle_out
from advisor.training.runs import Recipe, Run
from advisor.training.sequential import SequentialTrainer

TRAINERS = [BatchedTrainer, SequentialTrainer]


def to_prune(losses: dict[float, float], **margins: float) -> dict[float, bool]:
    record = PruningRecord(Pruning(looks=1, slow=0.5, useless=1.0, **margins), constant=1.0)
    return dict(
        zip(
            losses, record.to_prune(10, [IntermediateLoss(rate, 0, loss) for rate, loss in losses.items()]), strict=True
        )
    )


def test_a_lower_rate_far_behind_leaves_and_a_higher_one_stays() -> None:
    assert to_prune({1e-4: 0.9, 1e-3: 0.4, 1e-2: 0.2, 1e-1: 0.9}) == {1e-4: True, 1e-3: False, 1e-2: False, 1e-1: False}


def test_a_rate_far_above_the_constant_predictor_leaves_only_when_another_is_below() -> None:
    assert to_prune({1e-2: 0.2, 1e-1: 1.7, 1.0: 1.9}) == {1e-2: False, 1e-1: False, 1.0: True}
    assert not any(to_prune({1e-2: 1.1, 1e-1: 1.7, 1.0: 9.0}).values())


def test_nobody_leaves_within_the_noise_of_the_best_rates_seeds() -> None:
    seen = [
        IntermediateLoss(1e-3, 0, 0.9),
        IntermediateLoss(1e-3, 1, 0.9),
        IntermediateLoss(1e-2, 0, 0.1),
        IntermediateLoss(1e-2, 1, 0.4),
    ]
    assert PruningRecord(Pruning(looks=1, noise=0.1, slow=0.5), 1.0).to_prune(5, seen) == [True, True, False, False]
    assert not any(PruningRecord(Pruning(looks=1, noise=3.0), 1.0).to_prune(5, seen))


def test_all_seeds_of_a_rate_leave_or_none() -> None:
    seen = [
        IntermediateLoss(1e-3, 0, 0.95),
        IntermediateLoss(1e-3, 1, 0.15),
        IntermediateLoss(1e-2, 0, 0.1),
        IntermediateLoss(1e-2, 1, 0.1),
    ]
    assert not any(PruningRecord(Pruning(looks=1), 1.0).to_prune(5, seen))


def test_later_runs_are_held_against_earlier_ones_at_the_same_step() -> None:
    record = PruningRecord(Pruning(looks=1), 1.0)
    assert record.to_prune(5, [IntermediateLoss(1e-2, 0, 0.1)]) == [False]
    assert record.to_prune(5, [IntermediateLoss(1e-4, 0, 0.99)]) == [True]
    assert record.to_prune(8, [IntermediateLoss(1e-4, 0, 0.99)]) == [False]


SLOW, GOOD = (1e-4, 1e-3), (1e-2, 3e-2)


def at_look(record: PruningRecord, step: int, losses: dict[float, float]) -> dict[float, bool]:
    arrived = [IntermediateLoss(rate, 0, loss) for rate, loss in losses.items()]
    return dict(zip(losses, record.to_prune(step, arrived), strict=True))


def test_a_spike_at_one_look_takes_no_good_rate_out() -> None:
    """Halfway the good rates stand on a spike, and one that is slow looks best for a moment."""
    record = PruningRecord(Pruning(slow=0.25), constant=1.0)
    calm = {SLOW[0]: 0.9, SLOW[1]: 0.5, GOOD[0]: 0.1, GOOD[1]: 0.12}
    spike = {SLOW[0]: 0.9, SLOW[1]: 0.5, GOOD[0]: 3.0, GOOD[1]: 9.0}
    assert not any(at_look(record, 40, calm).values())
    assert not any(at_look(record, 45, calm).values())
    assert at_look(record, 50, spike) == {SLOW[0]: True, SLOW[1]: False, GOOD[0]: False, GOOD[1]: False}
    alone = PruningRecord(Pruning(looks=1, slow=0.25), constant=1.0)
    assert at_look(alone, 50, spike) == {SLOW[0]: True, SLOW[1]: False, GOOD[0]: True, GOOD[1]: True}
    steady = PruningRecord(Pruning(slow=0.25), constant=1.0)
    left = [at_look(steady, step, calm) for step in (40, 45, 50)]
    assert [sum(look.values()) for look in left] == [0, 0, 2]
    assert left[-1] == {SLOW[0]: True, SLOW[1]: True, GOOD[0]: False, GOOD[1]: False}


def test_several_looks_take_out_no_more_than_the_last_alone() -> None:
    drawn = np.random.default_rng(0)
    for _ in range(300):
        several, alone = PruningRecord(Pruning(), 1.0), PruningRecord(Pruning(looks=1), 1.0)
        for step in (40, 45, 50):
            losses = {rate: float(drawn.lognormal(-1.0, 1.5)) for rate in (1e-4, 1e-3, 1e-2, 0.1, 1.0)}
            left, left_alone = at_look(several, step, losses), at_look(alone, step, losses)
            assert all(left_alone[rate] for rate, leaves in left.items() if leaves)


def test_rates_are_compared_seed_by_seed() -> None:
    """One part of the data is far harder than the other, for every rate."""
    seen = [
        *(IntermediateLoss(1e-3, 0, 0.30), IntermediateLoss(1e-3, 1, 0.80)),
        *(IntermediateLoss(1e-2, 0, 0.05), IntermediateLoss(1e-2, 1, 0.55)),
    ]
    assert PruningRecord(Pruning(looks=1, noise=0.1, slow=0.3), 1.0).to_prune(5, seen) == [True, True, False, False]


def test_losses_that_are_not_finite_stop_nothing() -> None:
    assert to_prune({1e-3: math.nan, 1e-2: math.inf}) == {1e-3: False, 1e-2: False}
    assert to_prune({1e-3: 0.2, 1e-2: math.nan})[1e-3] is False


def test_checkpoints_lie_inside_the_run() -> None:
    assert Pruning(at=(0.0, 0.25, 0.5, 1.0)).checkpoints(10) == (3, 5)
    assert Pruning().checkpoints(1) == ()


def test_the_middle_goes_first() -> None:
    assert middle_out([1e-4, 1e-3, 1e-2, 1e-1, 1.0])[0] == 2


@pytest.mark.parametrize("trainer", TRAINERS)
@pytest.mark.parametrize("known", [True, False], ids=["constant", "untrained"])
def test_slow_runs_are_taken_out_and_said_to_be(trainer: type[BatchedTrainer | SequentialTrainer], known: bool) -> None:
    x = torch.randn(300, 4, generator=torch.Generator().manual_seed(0))
    job = make_job(
        lambda: nn.Linear(4, 1),
        (x, x.sum(1, keepdim=True)),
        "mse" if known else lambda model, batch: ((model(batch[0]) - batch[1]) ** 2).mean(),
        batch_size=20,
        total_steps=100,
    )
    recipe = Recipe(OptimizerSettings("adam"), "cosine")
    runs = [Run(rate, seed) for rate in (1e-6, 0.1, 1e9) for seed in (0, 1)]
    plain = trainer(job).train(recipe, runs, 100, seed=0)
    assert plain.pruned in {(), (None,) * 6}
    found = trainer(job).train(recipe, runs, 100, seed=0, pruning=Pruning())
    slow, best, diverged = found.pruned[:2], found.pruned[2:4], found.pruned[4:]
    assert all(one is not None and one.share == 0.5 for one in slow)
    assert [one.loss for one in slow if one] == pytest.approx(list(plain.losses[:2]), rel=0.01)
    assert found.losses[:2] == (None, None)
    assert found.losses[2:4] == pytest.approx(plain.losses[2:4], rel=1e-4)
    assert best == diverged == (None, None)
    assert found.gradient_samples == plain.gradient_samples - 2 * 50 * 20


def test_chunks_and_orders_of_runs_end_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    x = torch.randn(300, 4, generator=torch.Generator().manual_seed(0))
    job = make_job(lambda: nn.Linear(4, 1), (x, x.sum(1, keepdim=True)), "mse", batch_size=20, total_steps=100)
    recipe = Recipe(OptimizerSettings("adam"), "cosine")
    runs = [Run(rate, seed) for rate in (1e-6, 1e-5, 0.05, 0.1, 0.2) for seed in (0, 1)]
    whole = BatchedTrainer(job).train(recipe, runs, 100, seed=0, pruning=Pruning())
    monkeypatch.setattr(BatchedTrainer, "members_at_a_time", lambda _self, count: min(2, count))
    parts = BatchedTrainer(job).train(recipe, runs, 100, seed=0, pruning=Pruning())
    assert [one is None for one in parts.pruned] == [one is None for one in whole.pruned]
    kept = [index for index, loss in enumerate(whole.losses) if loss is not None]
    assert len(kept) == 6
    assert [parts.losses[i] for i in kept] == pytest.approx([whole.losses[i] for i in kept], rel=1e-4)
