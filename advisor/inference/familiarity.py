"""How far a job lies from the jobs that the rules were made with, and how much wider that makes the interval."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from advisor.facts import Facts, read
from advisor.facts.registry import registry
from advisor.knowledge.known_jobs import KnownJob

NEAR: Final = 1.0
"""Decades within which a job counts as known. Measured by ``python -m benchmarks.intervals``: of the published rates
nearer than 1.2 decades to a job of another source 87 % are within three of the advice, beyond it 79 %."""

SIGMA_PER_DECADE: Final = 0.45
"""Standard deviation of the log rate for each decade beyond ``NEAR``. Measured by ``python -m benchmarks.intervals``:
the scatter grows from 0.97 to 1.15 beyond two decades, which is 0.6 more in quadrature at two and a half."""


@dataclass(frozen=True, slots=True)
class Nearest:
    """The nearest known job, and what sets it apart.

    Attributes:
        fact: in which the two differ most.
        here, there: its values.
        decades: by which they differ.
    """

    job: KnownJob
    fact: str
    here: float
    there: float
    decades: float

    @property
    def is_far(self) -> bool:
        """Whether the job is farther away than the known ones are from each other."""
        return self.decades > NEAR

    @property
    def sigma(self) -> float:
        """Standard deviation that the distance adds to the log of the rate."""
        return SIGMA_PER_DECADE * max(0.0, self.decades - NEAR)

    def __str__(self) -> str:
        title = registry()[self.fact].description
        return (
            f"The nearest job that the rules know is {self.job.name}, far away: {title}: {self.there:.6g} there, "
            f"{self.here:.6g} here. The interval is wider for it."
        )


def nearest(facts: Facts, jobs: Iterable[KnownJob]) -> Nearest | None:
    """Return the nearest known job of the same family; None where nothing can be compared.

    The distance of two jobs is the largest ratio of a size that both state, in decades.
    """
    family, pretrained = facts.model.family, facts.model.pretrained
    here: dict[str, float | None] = {}
    found: Nearest | None = None
    for job in jobs:
        if job.family != family or (None not in {job.pretrained, pretrained} and job.pretrained != pretrained):
            continue
        candidate = _distance(facts, job, here)
        if candidate is not None and (found is None or candidate.decades < found.decades):
            found = candidate
    return found


def _distance(facts: Facts, job: KnownJob, here: dict[str, float | None]) -> Nearest | None:
    most: Nearest | None = None
    for fact, there in job.sizes.items():
        if fact not in here:
            value = read(facts, fact)
            here[fact] = float(value) if isinstance(value, int | float) and value > 0 else None
        own = here[fact]
        if own is not None:
            decades = abs(math.log10(own / there))
            if most is None or decades > most.decades:
                most = Nearest(job, fact, own, there, decades)
    return most
