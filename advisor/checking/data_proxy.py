"""A part of the data that stands for all of it, where even short trials of the model would take too long."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from advisor.errors import PlanError
from advisor.results import Remark, remark

if TYPE_CHECKING:
    from advisor.training.job import Job
    from advisor.verification.horizon import Horizon

DATA_SPREAD = 0.5
"""Standard deviation of the step from the best rate on a part of the data to that on all of it, in natural log, over
the root of the log of how much more that is. On seven jobs of the calibration split, AdamW, the step from a quarter is
0.54 in the root mean square, and in the mean 0.33, two standard errors: too few jobs for a shift. ``python -m
benchmarks.jobs.part_of_data``."""


@dataclass(frozen=True, slots=True)
class PartOfData:
    """The job on a part of its data, as many passes over it as over all.

    Attributes:
        job: with fewer samples and steps.
        samples: that train.
        full: samples that train in the whole job.
        transfer: from the best rate on the part to that on all.
        work: steps of the part, as a share of all.
    """

    job: Job
    samples: int
    full: int
    transfer: Horizon
    work: float

    def told(self) -> Remark:
        """Return what a verdict says of it."""
        return remark(
            "trials_on_a_part_of_the_data",
            samples=self.samples,
            full=self.full,
            spread=math.exp(self.transfer.spread),
        )


def part_of_data(job: Job, share: float) -> PartOfData:
    """Return the job on a part of its data.

    Args:
        job: on all of them.
        share: of the samples that train.

    Raises:
        PlanError: a share that is none, or leaves less than a batch.
        DataError: ready batches, which have no samples that could be left out.
    """
    from advisor.verification.horizon import Horizon

    if not 0.0 < share < 1.0:
        raise PlanError(
            f"proxy={share!r}: give a share of the data between 0 and 1, or a function of a width that makes the "
            "model, lambda width: Net(width)"
        )
    split = job.data_split.reduced(share)
    if split.fewest < job.batch_size:
        raise PlanError(
            f"proxy={share:g}: that is {split.fewest} samples, fewer than a batch of {job.batch_size}; give a larger "
            "share"
        )
    steps = max(1, round(share * job.total_steps))
    return PartOfData(
        job=replace(job, data_split=split, total_steps=steps),
        samples=split.fewest,
        full=job.data_split.fewest,
        transfer=Horizon(0.0, DATA_SPREAD * math.sqrt(math.log(1.0 / share))),
        work=steps / job.total_steps,
    )
