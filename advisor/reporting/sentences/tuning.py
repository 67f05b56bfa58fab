"""How to tune by hand: what to run in each step, what to look for, when to stop, and what comes next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from advisor.language import phrase

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
        title=phrase("Range test"),
        run=phrase(
            "One sweep: raise the rate from {start_rate:rate} to {end_rate:rate} by the same factor each step, for "
            "{points:count} steps{length}; batch size and optimizer as in the real run."
        ),
        look=(
            phrase(
                "the rate at which the smoothed loss falls most steeply: use it as the peak of a decaying schedule, or "
                "half of it as a constant rate"
            ),
            phrase("the rate at which the steep fall begins: half of it is a safe first rate"),
            phrase("the rate at which the loss is lowest: an eighth to a tenth of it is a cautious choice"),
            phrase(
                "whether these rates lie within {lower:rate} to {upper:rate}, the range that the rules expect; also "
                "try any that does not in step 2"
            ),
        ),
        stop=phrase(
            "Stop when the loss is above {explosion:number} times its lowest value three times in a row, or NaN."
        ),
        then=phrase(
            "Next: use the rate found here in step 2. If the loss never fell, check the data and the loss first."
        ),
    ),
    "base_training": StepSentences(
        title=phrase("Base training"),
        run=phrase(
            "Train at {rates} for {length}, with the whole schedule compressed to that length, {seeds:count} seeds "
            "each; log the training loss and the held-out loss."
        ),
        look=(
            phrase("oscillation or divergence: that rate and all higher ones are too high"),
            phrase("a slow, steady fall to the very end: that rate and all lower ones are too low"),
            phrase("the lowest held-out loss: this is the rate to go on with"),
            phrase(
                "when in doubt, `advisor diagnose LOG --optimizer {optimizer} --learning-rate RATE` says what a log "
                "shows"
            ),
        ),
        stop=phrase(
            "Stop when the best rate has a worse one on both sides. Where two rates differ by less than two seeds do, "
            "take the lower."
        ),
        then=phrase(
            "Next: if the best rate is the highest, also try {higher_rate:rate}; if it is the lowest, also try "
            "{lower_rate:rate}."
        ),
    ),
    "schedule": StepSentences(
        title=phrase("Schedule"),
        run=phrase(
            "With the best rate of step 2 as the peak, train the full length with a {schedule} schedule{warmup}; "
            "{other}."
        ),
        look=(
            phrase("an early rise of the loss that falls back: double the warm-up, keep the peak"),
            phrase("oscillation that lasts until late: start the decay earlier, or halve the peak"),
            phrase("a plateau: start the decay earlier or, if the rate is already near zero there, train longer"),
        ),
        stop=phrase(
            "Stop when the better of the two beats the other by more than two seeds differ; otherwise keep the decay."
        ),
        then=phrase("Next: keep this schedule; if the length of the run changes, stretch it to the new length."),
    ),
    "batch": StepSentences(
        title=phrase("Correct for the batch size"),
        run=phrase(
            "Only if the batch size changes: new rate = old rate × √(new batch size / old batch size).{examples}"
        ),
        look=(
            phrase("the same held-out loss after the same number of epochs: the correction holds"),
            phrase(
                "a higher held-out loss at a larger batch size: there are too few steps; go back, or train longer{sgd}"
            ),
            phrase("no time saved per epoch: the larger batch size is not worth it"),
        ),
        stop=phrase(
            "Stop at the largest batch size that still ends at the same loss; after more than a factor of 4, repeat "
            "step 2 with three rates."
        ),
        then=phrase("Next: keep this batch size from here on, because weight decay is tuned for one batch size."),
    ),
    "regularisation": StepSentences(
        title=phrase("Fine-tune the regularisation"),
        run=phrase("At the rate and schedule found, train the full length with weight decay {decays}{dropout}."),
        look=(
            phrase("a held-out loss that rises while the training loss falls: more of either, or fewer epochs"),
            phrase("training loss and held-out loss close together and both high: less of either, or a larger model"),
            phrase("no difference: take the smaller value"),
        ),
        stop=phrase(
            "Stop when the best value is not the first or last one and the gain is smaller than two seeds differ."
        ),
        then=phrase(
            "Next: train the final run with three seeds; go back to step 2 only if batch size, model or data changed."
        ),
    ),
}

CLAUSES: Final[Mapping[str, str]] = {
    "sweep_epochs": phrase(", about {epochs:short} epochs"),
    "run_epochs": phrase("{epochs:short} epochs each"),
    "run_share": phrase("a fifth of the full run each"),
    "warmup": phrase(" after warm-up over {fraction:share} of the run"),
    "warmup_steps": phrase(" after warm-up over {fraction:share} of the run ({steps:count} steps)"),
    "constant": phrase(
        "then with a constant rate, {factor:number} times the peak, which shows how much the decay gains"
    ),
    "cosine": phrase("then with cosine decay to zero from {factor:number} times that rate"),
    "batch_examples": phrase(
        " The rules know more of this job than the root, its steps for instance. From {rate:rate} at batch size "
        "{batch_size:count}: {examples}."
    ),
    "batch_example": phrase("{rate:rate} at {batch_size:count}"),
    "sgd": phrase("; with SGD the rate can often grow in proportion to the batch size"),
    "dropout": phrase(", then with dropout {dropouts} and the best weight decay"),
    "and": phrase("{first} and {last}"),
}

PLAN: Final[Mapping[str, str]] = {
    "start": phrase("Start from {answer}; 90 % interval {interval}."),
    "look": phrase("Look for"),
    "cost": phrase(
        "All runs together cost about {cost:short} full training runs; `advisor profile` does steps 1 and 2 on copies "
        "of the model for a fraction of that."
    ),
}
