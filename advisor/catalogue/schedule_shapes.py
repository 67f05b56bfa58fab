"""The shapes of the schedules: ``(progress, final, settings) -> share of the peak``, without warm-up.

Progress runs from 0 (the first step after warm-up) to 1 (the last step of the run); ``final`` is the share of the peak
at progress 1. Every shape is a pure function and stands once; torch objects, trials and printed code all follow it.
"""

from __future__ import annotations

import math

STEP_MILESTONES = (1 / 3, 2 / 3)
"""Shares of the run after which the rate drops: 30 and 60 of 90 epochs, pytorch/examples, imagenet/main.py."""
STEP_FACTOR = 0.1
"""The rate after a milestone over the one before it: he2016resnet, section 4.2."""
CYCLES = 4
"""Triangles in a run: smith2017cyclical, section 3.2, three train most of the way, four or more do better."""
CYCLE_BASE = 0.2
"""Lowest rate of a cycle over its peak: smith2017cyclical, section 3, a ratio of 3 to 6."""
ONE_CYCLE_RISE = 0.3
"""Share of the run spent rising: ``torch.optim.lr_scheduler.OneCycleLR``, ``pct_start``."""
ONE_CYCLE_START = 1 / 25
"""First rate over the peak: ``torch.optim.lr_scheduler.OneCycleLR``, ``div_factor``."""
ONE_CYCLE_FINAL = ONE_CYCLE_START / 1e4
"""Last rate over the peak: ``torch.optim.lr_scheduler.OneCycleLR``, ``final_div_factor`` below the first rate."""
DECAY_SHARE = 0.2
"""Share of the run spent decaying after the stable part: hagele2024, README, ``--wsd-fract-decay``."""
EXPONENTIAL_FLOOR = 1e-8
"""An exponential never reaches zero; a final share below this is taken as this. Judgement: no rate that low trains."""


def constant(_progress: float, _final: float) -> float:
    """Return 1 all along."""
    return 1.0


def step_decay(
    progress: float, _final: float, *, milestones: tuple[float, ...] = STEP_MILESTONES, gamma: float = STEP_FACTOR
) -> float:
    """Multiply by ``gamma`` at every milestone passed; the final share follows from them.

    >>> step_decay(0.5, 0.0)
    0.1
    """
    return gamma ** sum(progress >= milestone for milestone in milestones)


def exponential(progress: float, final: float) -> float:
    """Lose the same factor every step: ``final ** progress``."""
    return float(max(final, EXPONENTIAL_FLOOR) ** progress)


def cosine(progress: float, final: float) -> float:
    """Follow half a cosine from 1 to ``final``."""
    return final + (1.0 - final) * 0.5 * (1.0 + math.cos(math.pi * progress))


def linear(progress: float, final: float) -> float:
    """Follow a straight line from 1 to ``final``."""
    return 1.0 + (final - 1.0) * progress


def cyclical(progress: float, final: float, *, cycles: int = CYCLES) -> float:
    """Rise and fall ``cycles`` times between ``final`` and 1, in straight lines, starting and ending at ``final``."""
    position = (progress * cycles) % 1.0 if progress < 1.0 else 1.0
    return final + (1.0 - final) * (1.0 - abs(2.0 * position - 1.0))


def one_cycle(progress: float, final: float, *, rise: float = ONE_CYCLE_RISE, start: float = ONE_CYCLE_START) -> float:
    """Rise from ``start`` to 1 over the share ``rise`` of the run and fall to ``final``, both along cosines."""
    if progress < rise:
        return start + (1.0 - start) * 0.5 * (1.0 - math.cos(math.pi * progress / rise))
    return cosine((progress - rise) / (1.0 - rise) if rise < 1.0 else 1.0, final)


def stable_then_decay(progress: float, final: float, *, decay_share: float = DECAY_SHARE, decay: str = "sqrt") -> float:
    """Stay at 1, then fall to ``final`` over the last ``decay_share``: ``sqrt`` as 1 - √q, ``linear`` as 1 - q."""
    before = 1.0 - decay_share
    if progress < before:
        return 1.0
    falling = min(1.0, (progress - before) / decay_share) if decay_share > 0.0 else float(progress >= 1.0)
    return 1.0 - (1.0 - final) * (math.sqrt(falling) if decay == "sqrt" else falling)
