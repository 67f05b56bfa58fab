"""What trainings are judged on: other samples for every seed, all of them over five seeds, none of them trained on."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from advisor.errors import DataError
from advisor.recipe.optimizers import OptimizerSettings
from advisor.training.batched.trainer import BatchedTrainer
from advisor.training.data_split import EVALUATION_SAMPLES, FOLDS, fixed_split, ordered_split, rotating_split
from advisor.training.job import make_job
from advisor.training.runs import Recipe, Run
from advisor.training.sequential import SequentialTrainer
from advisor.training.sources import samples_of

X = torch.arange(43.0)[:, None]


def test_five_seeds_judge_on_every_sample_once_and_train_on_none_of_theirs() -> None:
    held_out = rotating_split(samples_of((X, X)))
    judged = [held_out.parts[held_out.part(seed)].tree[0].squeeze(1) for seed in range(FOLDS)]
    assert torch.equal(torch.cat(judged).sort().values, X.squeeze(1))
    for seed, own in enumerate(judged):
        batches = held_out.draw(8, seed)
        seen = torch.cat([next(batches)[0] for _ in range(40)])
        assert not torch.isin(seen, own).any()
        assert len(seen.unique()) == 43 - len(own)


def test_every_fifth_seed_holds_the_same_part_out() -> None:
    held_out = rotating_split(samples_of((X, X)))
    assert [held_out.part(seed) for seed in (0, 5, 1_000)] == [0, 0, 0]
    assert held_out.samples([0, 5]) == held_out.parts[0].n
    assert held_out.samples(range(FOLDS)) == 43


def test_classes_are_spread_evenly() -> None:
    labels = (torch.arange(100) < 10).long()
    held_out = rotating_split(samples_of((torch.randn(100, 2), labels)))
    assert [int(part.tree[1].sum()) for part in held_out.parts] == [2] * FOLDS


def test_ready_batches_are_split_once_and_given_samples_not_at_all() -> None:
    batches = [[torch.zeros(3, 2), "text"] for _ in range(10)]
    held_out = rotating_split(samples_of(batches))
    assert (held_out.pool.n, held_out.samples(range(3))) == (24, 6)
    chosen = fixed_split(samples_of((X, X)), samples_of((X[:7], X[:7])))
    assert (chosen.fewest, chosen.samples(range(9))) == (43, 7)


def test_only_so_many_samples_are_counted_as_are_looked_at() -> None:
    many = torch.zeros(6 * EVALUATION_SAMPLES, 1)
    assert rotating_split(samples_of((many, many))).samples([0]) == EVALUATION_SAMPLES


@pytest.mark.parametrize("count", [2, 4])
def test_too_few_samples_are_refused(count: int) -> None:
    with pytest.raises(DataError, match=f"{count} samples are too few"):
        rotating_split(samples_of((X[:count], X[:count])))


@pytest.mark.parametrize("trainer", [BatchedTrainer, SequentialTrainer])
def test_a_part_that_cannot_be_learned_costs_its_own_seed_only(
    trainer: type[BatchedTrainer | SequentialTrainer],
) -> None:
    x = torch.randn(200, 3, generator=torch.Generator().manual_seed(0))
    y = x.sum(dim=1, keepdim=True)
    part = rotating_split(samples_of((x, y))).parts[2].tree[0]
    y[torch.isin(x[:, 0], part[:, 0])] += 5.0
    job = make_job(nn.Linear(3, 1), (x, y), "mse", batch_size=16, total_steps=300)
    runs = [Run(0.05, seed) for seed in range(FOLDS)]
    losses = trainer(job).train(Recipe(OptimizerSettings("sgd"), "cosine"), runs, 300, seed=0).losses
    found = [math.inf if loss is None else loss for loss in losses]
    assert found[2] > 10.0
    assert max(loss for seed, loss in enumerate(found) if seed != 2) < 5.0
    assert max(job.constant_losses) == job.constant_losses[2]
    assert job.constant_loss([2]) == job.constant_losses[2]


@pytest.mark.parametrize("trainer", [BatchedTrainer, SequentialTrainer])
def test_a_run_that_is_too_slow_has_not_diverged(trainer: type[BatchedTrainer | SequentialTrainer]) -> None:
    x = 500.0 + torch.randn(200, 3, generator=torch.Generator().manual_seed(0))  # raw features: huge losses at first
    y = x.sum(dim=1, keepdim=True) / x.sum(dim=1).std() - 800.0
    job = make_job(nn.Linear(3, 1), (x, y - y.mean()), "mse", batch_size=16, total_steps=40)
    runs = [Run(1e-6, 0), Run(1e6, 0)]
    slow, fast = trainer(job).train(Recipe(OptimizerSettings("adam"), "constant"), runs, 40, seed=0).losses
    constant = job.constant_loss()
    assert constant is not None
    assert slow is not None
    assert slow > 10 * constant
    assert fast is None


def test_a_reduced_split_trains_on_a_part_and_judges_on_the_whole() -> None:
    labels = torch.arange(200) // 100
    whole = rotating_split(samples_of((torch.randn(200, 3), labels)))
    part = whole.reduced(0.25)
    assert [len(rows) for rows in part.rest] == [40] * 5
    assert all(set(rows.tolist()) <= set(own.tolist()) for rows, own in zip(part.rest, whole.rest, strict=True))
    assert all(abs(float(labels[rows].float().mean()) - 0.5) < 0.05 for rows in part.rest)  # sorted, and yet of both
    assert part.parts is whole.parts
    late = ordered_split(samples_of((torch.randn(200, 3), labels))).reduced(0.25)
    assert late.rest[0].tolist() == list(range(120, 160))
