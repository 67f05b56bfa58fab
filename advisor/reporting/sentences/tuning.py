"""How to tune by hand: what to run in each step, what to look for, when to stop, and what comes next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

StepCode = Literal["range_test", "base_training", "schedule", "batch", "regularisation"]


@dataclass(frozen=True, slots=True)
class StepSentences:
    """The sentences of one step; gaps that are not numbers of the step are clauses."""

    title: str
    run: str
    look: tuple[str, ...]
    stop: str
    then: str


STEPS: Final[Mapping[StepCode, StepSentences]] = {
    "range_test": StepSentences(
        title="Range test",
        run=(
            "One sweep: raise the rate from {start_rate:rate} to {end_rate:rate} by the same factor each step, for "
            "{points:count} steps{length}; batch size and optimizer as in the real run."
        ),
        look=(
            (
                "the rate at which the smoothed loss falls most steeply: use it as the peak of a decaying schedule, or "
                "half of it as a constant rate"
            ),
            "the rate at which the steep fall begins: half of it is a safe first rate",
            "the rate at which the loss is lowest: an eighth to a tenth of it is a cautious choice",
            (
                "whether these rates lie within {lower:rate} to {upper:rate}, the range that the rules expect; also "
                "try any that does not in step 2"
            ),
        ),
        stop="Stop when the loss is above {explosion:number} times its lowest value three times in a row, or NaN.",
        then="Next: use the rate found here in step 2. If the loss never fell, check the data and the loss first.",
    ),
    "base_training": StepSentences(
        title="Base training",
        run=(
            "Train at {rates} for {length}, with the whole schedule compressed to that length, {seeds:count} seeds "
            "each; log the training loss and the held-out loss."
        ),
        look=(
            "oscillation or divergence: that rate and all higher ones are too high",
            "a slow, steady fall to the very end: that rate and all lower ones are too low",
            "the lowest held-out loss: this is the rate to go on with",
            "when in doubt, `advisor diagnose LOG --optimizer {optimizer} --learning-rate RATE` says what a log shows",
        ),
        stop=(
            "Stop when the best rate has a worse one on both sides. Where two rates differ by less than two seeds do, "
            "take the lower."
        ),
        then=(
            "Next: if the best rate is the highest, also try {higher_rate:rate}; if it is the lowest, also try "
            "{lower_rate:rate}."
        ),
    ),
    "schedule": StepSentences(
        title="Schedule",
        run=(
            "With the best rate of step 2 as the peak, train the full length with a {schedule} schedule{warmup}; "
            "{other}."
        ),
        look=(
            "an early rise of the loss that falls back: double the warm-up, keep the peak",
            "oscillation that lasts until late: start the decay earlier, or halve the peak",
            "a plateau: start the decay earlier or, if the rate is already near zero there, train longer",
        ),
        stop=(
            "Stop when the better of the two beats the other by more than two seeds differ; otherwise keep the decay."
        ),
        then="Next: keep this schedule; if the length of the run changes, stretch it to the new length.",
    ),
    "batch": StepSentences(
        title="Correct for the batch size",
        run="Only if the batch size changes: new rate = old rate × √(new batch size / old batch size).{examples}",
        look=(
            "the same held-out loss after the same number of epochs: the correction holds",
            "a higher held-out loss at a larger batch size: there are too few steps; go back, or train longer{sgd}",
            "no time saved per epoch: the larger batch size is not worth it",
        ),
        stop=(
            "Stop at the largest batch size that still ends at the same loss; after more than a factor of 4, repeat "
            "step 2 with three rates."
        ),
        then="Next: keep this batch size from here on, because weight decay is tuned for one batch size.",
    ),
    "regularisation": StepSentences(
        title="Fine-tune the regularisation",
        run="At the rate and schedule found, train the full length with weight decay {decays}{dropout}.",
        look=(
            "a held-out loss that rises while the training loss falls: more of either, or fewer epochs",
            "training loss and held-out loss close together and both high: less of either, or a larger model",
            "no difference: take the smaller value",
        ),
        stop="Stop when the best value is not the first or last one and the gain is smaller than two seeds differ.",
        then=(
            "Next: train the final run with three seeds; go back to step 2 only if batch size, model or data changed."
        ),
    ),
}

CLAUSES: Final[Mapping[str, str]] = {
    "sweep_epochs": ", about {epochs:number} epochs",
    "run_epochs": "{epochs:number} epochs each",
    "run_share": "a fifth of the full run each",
    "warmup": " after warm-up over {fraction:share} of the run",
    "warmup_steps": " after warm-up over {fraction:share} of the run ({steps:count} steps)",
    "constant": "then with a constant rate, {factor:number} times the peak, which shows how much the decay gains",
    "cosine": "then with cosine decay to zero from {factor:number} times that rate",
    "batch_examples": (
        " The rules know more of this job than the root, its steps for instance. From {rate:rate} at batch size "
        "{batch_size:count}: {examples}."
    ),
    "batch_example": "{rate:rate} at {batch_size:count}",
    "sgd": "; with SGD the rate can often grow in proportion to the batch size",
    "dropout": ", then with dropout {dropouts} and the best weight decay",
    "and": "{first} and {last}",
}

PLAN: Final[Mapping[str, str]] = {
    "start": "Start from {answer}; 90 % interval {interval}.",
    "look": "Look for",
    "cost": (
        "All runs together cost about {cost:number} full training runs; `advisor profile` does steps 1 and 2 on copies "
        "of the model for a fraction of that."
    ),
}
