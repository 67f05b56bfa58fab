"""What a short look at real gradients measured."""

from __future__ import annotations

from advisor.facts.leaf import FactSheet, fact


class ProbeFacts(FactSheet):
    """Measurements at initialisation and from the range test."""

    initial_loss: float | None = fact("loss before training", "loss")
    constant_loss: float | None = fact("loss of the best constant prediction", "loss")
    initial_loss_ratio: float | None = fact("loss before training over the constant predictor's", "ratio", ge=0)
    gradient_norm: float | None = fact("norm of the mean gradient before training", "", ge=0)
    gradient_noise_scale: float | None = fact(
        "tr(Σ)/|G|²: the batch size at which noise and signal are equal", "samples", ge=0
    )
    noise_ratio: float | None = fact("gradient noise scale over the batch size", "ratio", ge=0)
    curvature: float | None = fact("largest eigenvalue of the Hessian before training", "", ge=0)
    min_loss_lr: float | None = fact("range test: learning rate at the lowest smoothed loss", "", gt=0)
    steepest_lr: float | None = fact("range test: learning rate of the steepest descent", "", gt=0)
    drop_start_lr: float | None = fact("range test: learning rate at which the loss starts to drop", "", gt=0)
    valley_lr: float | None = fact("range test: learning rate in the middle of the longest descent", "", gt=0)
    max_stable_lr: float | None = fact("range test: largest learning rate before the loss explodes", "", gt=0)
    range_test_lr: float | None = fact("range test: what the agreeing estimators suggest", "", gt=0)
    range_test_spread: float | None = fact("range test: largest over smallest estimate", "ratio", ge=1)
    range_test_usable: bool | None = fact("range test: the curve has a clear descent and the estimators agree")
    range_test_diverged: bool | None = fact("range test: the loss exploded before the sweep ended")
