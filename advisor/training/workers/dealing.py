"""A round of trials, cut into tasks for workers, and put together again as if it had been trained in one place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from advisor.training.batched.trainer import BatchedTrainer
from advisor.training.job import Job
from advisor.training.pruning import IntermediateLoss, Look, PrunedRun, Pruning, middle_out
from advisor.training.runs import Advance, Recipe, Run, TrainingResults
from advisor.training.sequential import SequentialTrainer
from advisor.training.workers.task import Switches, Task, Workers


def train_apart(
    job: Job,
    recipe: Recipe,
    runs: Sequence[Run],
    steps: int,
    *,
    seed: int,
    batched: bool,
    pruning: Pruning | None,
    workers: Workers,
    advance: Advance = lambda _share: None,
) -> TrainingResults:
    """Train runs by workers; see ``BatchedTrainer.train``.

    The results are those of one trainer that has all runs, to the last bit where a trainer computes on one thread.

    Raises:
        AdvisorError: the job cannot be sent, or a worker was lost several times.
        Exception: whatever training raised.
    """
    chunks = _chunks(job, runs, pruning, batched=batched)
    parts = [part for chunk in chunks for part in parts_of_chunk(chunk, runs, workers.count)]
    switches = Switches.of_this_process()
    tasks = [
        Task(recipe, tuple(runs[position] for position in part), steps, seed, batched, pruning, switches)
        for part in parts
    ]
    performed = workers.perform(job, tasks, advance)
    stop = performed.stop or next((one.stop for one in performed.results if one is not None and one.stop), None)
    together = replace(_together(runs, parts, performed.results, batched=batched), stop=stop)
    return together if pruning is None else _pruned(job, together, runs, chunks, steps, pruning)


def _chunks(job: Job, runs: Sequence[Run], pruning: Pruning | None, *, batched: bool) -> list[list[int]]:
    """Return the positions that one trainer would train together, in the order in which it would."""
    if batched:
        trainer = BatchedTrainer(job)
        return trainer.chunks(runs, trainer.members_at_a_time(len(runs)), pruning)
    order = range(len(runs)) if pruning is None else middle_out([run.learning_rate for run in runs])
    return [[position] for position in order]


def parts_of_chunk(chunk: Sequence[int], runs: Sequence[Run], workers: int | None) -> list[list[int]]:
    """Return the tasks that a chunk is cut into: one per worker, or one per rate where their number is not known.

    >>> runs = [Run(rate, seed) for rate in (0.1, 0.2) for seed in (0, 1)]
    >>> parts_of_chunk(range(4), runs, None), parts_of_chunk(range(4), runs, 3)
    ([[0, 1], [2, 3]], [[0], [1], [2, 3]])
    """
    if workers is not None:
        count = min(workers, len(chunk))
        bounds = [len(chunk) * number // count for number in range(count + 1)]
        return [list(chunk[start:end]) for start, end in pairwise(bounds)]
    by_rate: dict[float, list[int]] = {}
    for position in chunk:
        by_rate.setdefault(runs[position].learning_rate, []).append(position)
    return list(by_rate.values())


def _together(
    runs: Sequence[Run],
    parts: Sequence[Sequence[int]],
    results: Sequence[TrainingResults | None],
    *,
    batched: bool,
) -> TrainingResults:
    """Return the results of all runs, in the order they were asked for."""
    place = {
        position: (found, number)
        for part, found in zip(parts, results, strict=True)
        if found is not None
        for number, position in enumerate(part)
        if number not in found.missing
    }
    known = [place.get(position) for position in range(len(runs))]
    return TrainingResults(
        losses=tuple(one[0].losses[one[1]] if one else None for one in known),
        samples=tuple(one[0].samples[one[1]] if one else 0 for one in known),
        path=(BatchedTrainer if batched else SequentialTrainer).path,
        pruned=(None,) * len(runs),
        held_out=tuple(one[0].held_out[one[1]] if one else () for one in known),
        curves=tuple(one[0].curves[one[1]] if one else () for one in known),
        looks=tuple(one[0].looks[one[1]] if one else () for one in known),
        missing=frozenset(set(range(len(runs))) - set(place)),
    )


def _pruned(
    job: Job,
    together: TrainingResults,
    runs: Sequence[Run],
    chunks: Sequence[Sequence[int]],
    steps: int,
    pruning: Pruning,
) -> TrainingResults:
    """Take out the runs that one trainer would have taken out on their way, at the checkpoint where it would have."""
    record = pruning.record(job.loss_to_beat({run.seed for run in runs}))
    leaves: dict[int, Look] = {}
    for chunk in chunks:
        for step in pruning.checkpoints(steps):
            at_step = {
                position: look
                for position in chunk
                if position not in leaves and position not in together.missing
                for look in together.looks[position]
                if look.step == step
            }
            arrived = [
                IntermediateLoss(runs[position].learning_rate, runs[position].seed, look.loss)
                for position, look in at_step.items()
            ]
            if not arrived:
                continue
            to_prune = record.to_prune(step, arrived)
            leaves |= {item[0]: item[1] for item, leaving in zip(at_step.items(), to_prune, strict=True) if leaving}
    losses, samples = list(together.losses), list(together.samples)
    held_out, curves, looks = list(together.held_out), list(together.curves), list(together.looks)
    pruned: list[PrunedRun | None] = [None] * len(runs)
    for position, look in leaves.items():
        pruned[position] = PrunedRun(look.loss, look.step / steps)
        losses[position], samples[position] = None, look.step * job.batch_size
        held_out[position], curves[position] = (), look.curve
        looks[position] = tuple(one for one in looks[position] if one.step <= look.step)
    return replace(
        together,
        losses=tuple(losses),
        samples=tuple(samples),
        pruned=tuple(pruned),
        held_out=tuple(held_out),
        curves=tuple(curves),
        looks=tuple(looks),
    )
