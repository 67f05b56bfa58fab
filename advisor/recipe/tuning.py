"""The five steps of tuning by hand, filled in for one recommendation.

Source: founding document §7 (range test, base training, schedule, batch correction, fine-tuning).
"""

from __future__ import annotations

import math
from typing import Final

from advisor.recipe.schedules import curve_of
from advisor.results import Recommendation, TunePlan, TuneStep

LOWEST, HIGHEST = 1e-7, 1e-1
"""Ends of the range test, widened when the recommendation lies near one of them."""
SWEEP_STEPS: Final = (100, 400)
BASE_SHARE: Final = 0.1
BATCH_FACTORS: Final = (0.5, 2.0, 4.0)
NO_LENGTH: Final = "a tenth of the run"


def tune_plan(recommendation: Recommendation) -> TunePlan:
    """Return the steps with the numbers of a recommendation."""
    return TunePlan(
        steps=(
            _range_test(recommendation),
            _base_training(recommendation),
            _schedule(recommendation),
            _batch(recommendation),
            _fine_tuning(recommendation),
        )
    )


def _range_test(rec: Recommendation) -> TuneStep:
    low, high = min(LOWEST, rec.interval.lower / 100), max(HIGHEST, rec.interval.upper * 10)
    steps = min(SWEEP_STEPS[1], max(SWEEP_STEPS[0], (rec.total_steps or 2_000) // 10))
    return TuneStep(
        title="Range test",
        do=(
            f"Raise the rate of {rec.optimizer} from {low:.0e} to {high:.0e} in {steps} equal factors.",
            "Smooth the loss; repeat with two more seeds.",
        ),
        watch=f"where the loss falls fastest and where it turns up; the rules expect the best rate near "
        f"{rec.learning_rate:.2g}, between {rec.interval.lower:.2g} and {rec.interval.upper:.2g}.",
        then="take the steepest point, but at most a third of the rate at the turn. If that lies outside the interval, "
        "check feature scales and the loss before you believe it.",
    )


def _base_training(rec: Recommendation) -> TuneStep:
    tried = ", ".join(f"{rec.learning_rate * factor:.2g}" for factor in (1 / 3, 1.0, 3.0))
    length = f"{max(50, math.ceil(BASE_SHARE * rec.total_steps))} steps" if rec.total_steps else NO_LENGTH
    return TuneStep(
        title="Base training",
        do=(f"Train for {length} at {tried}, all else as recommended, the same seed.",),
        watch="swings and speed of the training loss, then the held-out loss.",
        then="swings or spikes: a third of the rate; straight and slow: three times; NaN or growth: a tenth. Keep the "
        "best; it is found when both neighbours are worse. `advisor diagnose` reads the log for you.",
    )


def _schedule(rec: Recommendation) -> TuneStep:
    if rec.total_steps:
        curve = curve_of(rec, None)
        last = rec.total_steps - 1
        warm = round(rec.warmup_fraction * rec.total_steps)
        shape = f"{warm} steps of warm-up, {curve(last // 2):.2g} half way, {curve(last):.2g} at the end"
    else:
        shape = f"{rec.warmup_fraction:.0%} of the run as warm-up"
    return TuneStep(
        title="Schedule",
        do=(f"Train in full with {rec.schedule}: peak {rec.learning_rate:.2g}, {shape}.",),
        watch="swings at the start (longer warm-up); a loss that stands still at the end (less decay, or more epochs).",
        then="compare one alternative only: constant when the end matters little, cosine when it does, one-cycle for "
        "short runs; a decaying schedule bears about three times the rate of a constant one.",
    )


def _batch(rec: Recommendation) -> TuneStep:
    if rec.batch_size:
        sizes = [max(1, round(rec.batch_size * factor)) for factor in BATCH_FACTORS]
        rates = "; ".join(
            f"batch {size}: {rec.learning_rate * math.sqrt(size / rec.batch_size):.2g}"
            for size in sizes
            if size != rec.batch_size
        )
        start = f"From batch {rec.batch_size} at {rec.learning_rate:.2g}"
        do = f"{start}, new rate = old rate × √(new batch / old batch): {rates}."
    else:
        do = "When the batch changes: new rate = old rate × √(new batch / old batch)."
    return TuneStep(
        title="Batch size",
        do=(do, "Choose the batch for speed and memory; keep the number of samples seen the same."),
        watch="the held-out loss at the same number of samples.",
        then="if a larger batch is worse, it is past the critical size: go back one.",
    )


def _fine_tuning(rec: Recommendation) -> TuneStep:
    decay = rec.weight_decay or 0.01
    decays = ", ".join(f"{decay * factor:.2g}" for factor in (0.1, 1.0, 10.0))
    return TuneStep(
        title="Fine-tuning",
        do=(f"Weight decay {decays}.", "Dropout 0, 0.1 and 0.3, when the net has a place for it."),
        watch="the gap between training and held-out loss, over three seeds.",
        then="stop when the best of a step lies within the spread of the seeds; more regularisation only while the "
        "held-out loss rises and the training loss falls.",
    )
