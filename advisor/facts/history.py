"""What a log of an earlier run shows."""

from __future__ import annotations

from advisor.facts.leaf import FactSheet, fact


class HistoryFacts(FactSheet):
    """Symptoms seen in a training log."""

    steps: int | None = fact("logged points", "points", ge=0)
    nonfinite: bool | None = fact("the loss became NaN or infinite")
    diverged: bool | None = fact("the loss grew without coming back")
    oscillating: bool | None = fact("the loss swings without falling")
    oscillation_early: bool | None = fact("the swings are limited to the first tenth of the run")
    slow: bool | None = fact("the loss falls smoothly but far too slowly")
    plateau: bool | None = fact("the loss has stopped falling")
    overfitting: bool | None = fact("validation loss rises while training loss falls")
    overfitting_onset: float | None = fact("share of the run at which validation loss was lowest", "share", ge=0, le=1)
    spikes: int | None = fact("isolated spikes of the loss", "spikes", ge=0)
    stuck_at_chance: bool | None = fact("the loss stays at the constant predictor's")
    noise_floor: float | None = fact("relative spread of the loss over the last tenth of the run", "share", ge=0)
