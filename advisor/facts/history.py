"""What a log of an earlier run shows."""

from __future__ import annotations

from advisor.facts.leaf import FactSheet, fact
from advisor.facts.names import RatePosition


class HistoryFacts(FactSheet):
    """Symptoms seen in a training log."""

    steps: int | None = fact("logged points", "points", ge=0)
    nonfinite: bool | None = fact("the loss became NaN or infinite")
    recovered: bool | None = fact("the loss was finite again for good after it had been NaN or infinite")
    diverged: bool | None = fact("the loss grew without coming back")
    oscillating: bool | None = fact("the loss swings without falling")
    oscillation_early: bool | None = fact("the loss shot up early in the run and came back")
    slow: bool | None = fact("the loss falls smoothly but far too slowly")
    standstill: bool | None = fact("the loss gained nothing more over half of the run or longer, whatever the rate did")
    late_excursion: bool | None = fact("the loss rose late in the run and took long to fall back")
    plateau: bool | None = fact("the loss has stopped falling though the rate has not run out")
    divergence_onset: float | None = fact(
        "share of the run at which the loss began to grow for good or stopped being finite", "share", ge=0, le=1
    )
    overfitting: bool | None = fact("validation loss rises while training loss falls")
    overfitting_onset: float | None = fact("share of the run at which validation loss was lowest", "share", ge=0, le=1)
    spikes: int | None = fact("isolated spikes of the loss", "spikes", ge=0)
    stuck_at_chance: bool | None = fact(
        "the loss stays at the constant predictor's, or where it started when that is not known"
    )
    initial_jump: float | None = fact("highest loss early in the run over the loss at its start", "ratio", ge=1)
    late_gain: float | None = fact("share of its loss that the run gained after its first tenth", "share", le=1e12)
    first_loss_ratio: float | None = fact("first logged loss over the median of the later ones", "ratio", ge=0)
    noise_floor: float | None = fact("relative spread of the loss over the last tenth of the run", "share", ge=0)
    learning_rate: float | None = fact("peak learning rate that the run used", "", gt=0)
    expected_learning_rate: float | None = fact("peak learning rate that the rules expect for the job", "", gt=0)
    rate_position: RatePosition | None = fact(
        "where the learning rate of the run stands against the interval that the rules expect for the job"
    )
    warmup_fraction: float | None = fact(
        "share of the run before the learning rate reached its peak", "share", ge=0, le=1
    )
    final_fraction: float | None = fact("learning rate at the end of the run over its peak", "share", ge=0, le=1)
    gradient_norm_high: float | None = fact("gradient norm that one point in ten exceeds", "norm", ge=0)
    gradient_norm_growth: float | None = fact(
        "median gradient norm of the last tenth of the run over that of the first", "ratio", ge=0
    )
    clipped_share: float | None = fact("share of the run in which the gradient was clipped", "share", ge=0, le=1)
    epochs: float | None = fact("passes over the training rows that the run made", "epochs", gt=0)
