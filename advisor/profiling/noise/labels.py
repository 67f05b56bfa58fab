"""From held-out class probabilities to the share of labels that were changed at random.

Where classes overlap, held-out errors grow rarer with the learner's confidence and vanish far from the border. Labels
changed at random stay wrong however far from the border they lie. So the agreement of predicted and given label, as a
function of the margin between the two likeliest classes, rises to a ceiling, and what the ceiling lacks to one is the
flip rate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from advisor.statistics.arrays import Floats
from advisor.statistics.robust import quantiles_of_sorted

FLIP_RATES = np.linspace(0.0, 0.95, 191)
"""Judgement: half a per cent apart, finer than any estimate."""
SLOPES = np.exp(np.linspace(np.log(0.7), np.log(60.0), 22))
"""How fast agreement rises, per 90 % quantile of the margin. Judgement: a quarter apart, from classes that overlap
everywhere to a step."""

OFFSETS = np.array([-1.5, -0.75, 0.0, 0.75])
"""Log-odds of the clean label at a margin of zero; with two classes it is 0 by symmetry. Judgement: with more classes a
prediction at the border is mostly wrong."""

BENDS = np.array([0.7, 1.0, 1.5])
"""Powers of the margin: agreement may approach its ceiling later or sooner than a logistic curve does. Judgement: one
to either side of the logistic curve."""

USUAL_SLOPE = 6.0
"""Slope that the prior favours. Judgement: near the middle of ``SLOPES`` in log."""
MISFIT = 0.005
"""How far the curve itself may be off. Judgement: one step of ``FLIP_RATES``."""

GROUPS = 60
"""Groups of rows of similar margin. Judgement: the curve has four parameters, so finer ones add nothing."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """An estimate and the 90 % interval around it."""

    estimate: float
    lower: float
    upper: float


def estimate_flip_rate(margin: Floats, agrees: NDArray[np.bool_], classes: int) -> Estimate:
    """Return the posterior median and 5 % and 95 % quantiles of the flip rate.

    ``P(agree | margin) = (1 - p) q + p/(K - 1) (1 - q)``, with ``q = sigmoid(slope · margin^bend + offset)`` the
    chance that the prediction is the clean label and ``p`` spread evenly over the other classes. Slopes, bends and
    offsets are averaged out; the flip rate is uniform from 0 to ``(K - 1)/K``, where labels carry nothing.

    Args:
        margin: held-out score of the likeliest class minus that of the next, shape (rows,).
        agrees: the likeliest class is the given label, shape (rows,).
        classes: K, at least 2.

    Source:
        northcutt2021 (noise from confident disagreement); barton1981 (logistic curve with an upper asymptote)
    """
    order = np.argsort(margin, kind="stable")
    groups = np.array_split(order, max(2, min(GROUPS, len(margin) // 8)))
    unit = float(quantiles_of_sorted(margin[order], (0.9,))[0]) + 1e-9
    centres = np.array([margin[group].mean() for group in groups]) / unit
    agreed = np.array([agrees[group].sum() for group in groups])
    count = np.array([len(group) for group in groups])
    offsets = OFFSETS if classes > 2 else np.zeros(1)
    logits = SLOPES[:, None, None, None] * centres ** BENDS[:, None, None] + offsets[:, None]
    clean = (1.0 / (1.0 + np.exp(-np.minimum(logits, 40.0)))).reshape(-1, len(groups))
    rates = FLIP_RATES[(classes - 1) / classes + 1e-9 >= FLIP_RATES]
    log_likelihood = np.stack([_log_likelihood(rate, clean, agreed, count - agreed, classes) for rate in rates])
    curves_per_slope = len(BENDS) * len(offsets)
    score = log_likelihood - np.abs(np.log(np.repeat(SLOPES, curves_per_slope) / USUAL_SLOPE))
    posterior = np.exp(score - score.max()).sum(axis=1)
    below = (np.cumsum(posterior) - 0.5 * posterior) / posterior.sum()
    lower, estimate, upper = np.interp((0.05, 0.5, 0.95), below, rates)
    return Estimate(float(estimate), max(float(lower) - MISFIT, 0.0), min(float(upper) + MISFIT, float(rates[-1])))


def _log_likelihood(
    rate: float, clean: Floats, agreed: NDArray[np.int64], disagreed: NDArray[np.int64], classes: int
) -> Floats:
    """Return the log-likelihood of every curve at one flip rate, shape (curves,); a rate at a time fits the cache.

    Args:
        rate: of flips.
        clean: chance that the prediction is the clean label, shape (curves, groups).
        agreed: rows whose label agrees, shape (groups,).
        disagreed: the others, shape (groups,).
        classes: how many.
    """
    chance = rate / (classes - 1)
    agreement = np.clip(chance + (1.0 - rate - chance) * clean, 1e-5, 1.0 - 1e-5)
    likelihood: Floats = np.log(agreement) @ agreed + np.log(1.0 - agreement) @ disagreed
    return likelihood
