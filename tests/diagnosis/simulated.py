"""Simulated runs, seeded: healthy ones, which ask for no change, and sick ones with the change that helps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from advisor.facts import DataFacts, ModelFacts

Array = NDArray[np.float64]
Run = tuple[dict[str, Any], dict[str, Any]]
"""A log, and what is known about the run besides."""

HEALTHY: Final[dict[str, Callable[[int], Run]]] = {}
SICK: Final[dict[str, tuple[Callable[[int], Run], tuple[str, ...]]]] = {}


def healthy(make: Callable[[int], Run]) -> Callable[[int], Run]:
    HEALTHY[make.__name__] = make
    return make


def sick(*wanted: str) -> Callable[[Callable[[int], Run]], Callable[[int], Run]]:
    def keep(make: Callable[[int], Run]) -> Callable[[int], Run]:
        SICK[make.__name__] = (make, wanted)
        return make

    return keep


def generator(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def cosine(points: int, peak: float = 1e-3, warmup: float = 0.05) -> Array:
    share = np.linspace(0, 1, points)
    rising = (share + 1e-3) / max(warmup, 1e-3)
    return peak * np.where(share < warmup, rising, 0.5 * (1 + np.cos(np.pi * (share - warmup) / (1 - warmup))))


def constant(points: int, rate: float = 1e-3) -> Array:
    return np.full(points, rate)


def log(
    loss: Array, rate: Array | None = None, tested: Array | None = None, unit: str = "step", **others: Any
) -> dict[str, Any]:
    columns = {unit: np.arange(1, len(loss) + 1), "loss": loss, **others}
    if tested is not None:
        columns["val_loss"] = tested
    return columns if rate is None else {**columns, "lr": rate}


@healthy
def exp_cosine(seed: int) -> Run:
    random = generator(seed)
    points = int(random.choice([80, 200, 500, 1500]))
    share = np.linspace(0, 1, points)
    return (
        log(
            (0.4 + 2 * np.exp(-random.uniform(4, 9) * share))
            * np.exp(random.normal(0, random.choice([0.01, 0.05, 0.1]), points)),
            cosine(points),
        ),
        {"optimizer": "adamw"},
    )


@healthy
def exp_cosine_rate_unknown(seed: int) -> Run:
    log_, settings = exp_cosine(seed)
    log_.pop("lr")
    return (log_, settings)


@healthy
def power_lm(seed: int) -> Run:
    random = generator(seed)
    points = int(random.choice([100, 400, 1000]))
    index = np.arange(1, points + 1)
    return (
        log(
            2.5 + 7 * (index / 3 + 1.0) ** (-random.uniform(0.3, 0.5)) + random.normal(0, 0.04, points),
            cosine(points, 0.0006),
        ),
        {"optimizer": "adamw", "model": ModelFacts(family="language_model", pretrained=False)},
    )


@healthy
def power_lm_wsd(seed: int) -> Run:
    random = generator(seed)
    points = int(random.choice([100, 400, 1000]))
    index = np.arange(1, points + 1)
    share = index / points
    rate = 0.0006 * np.minimum(1, share / 0.02) * np.clip((1 - share) / 0.2, 0, 1)
    base = 2.8 + 6 * (index / 3 + 1.0) ** (-0.4) - 0.25 * np.clip((share - 0.8) / 0.2, 0, 1)
    return (log(base + random.normal(0, 0.04, points), rate), {"optimizer": "adamw"})


@healthy
def epochs_val_above(seed: int) -> Run:
    random = generator(seed)
    points = int(random.choice([15, 30, 60, 100]))
    share = np.linspace(0, 1, points)
    loss = 0.25 + 1.8 * np.exp(-4 * share)
    tested = loss * 0.8 + 0.35
    return (
        log(
            loss * np.exp(random.normal(0, 0.01, points)),
            cosine(points, 0.001, 0.0),
            tested * np.exp(random.normal(0, 0.03, points)),
            "epoch",
        ),
        {"optimizer": "adamw"},
    )


@healthy
def epochs_val_above_constant(seed: int) -> Run:
    random = generator(seed)
    points = int(random.choice([15, 30, 60]))
    share = np.linspace(0, 1, points)
    loss = 0.25 + 1.8 * np.exp(-4 * share)
    tested = loss * 0.8 + 0.35
    return (
        log(
            loss * np.exp(random.normal(0, 0.01, points)),
            constant(points),
            tested * np.exp(random.normal(0, 0.02, points)),
            "epoch",
        ),
        {"optimizer": "adam"},
    )


@healthy
def epochs_val_below(seed: int) -> Run:
    random = generator(seed)
    points = int(random.choice([20, 50]))
    share = np.linspace(0, 1, points)
    loss = 0.5 + 1.8 * np.exp(-4 * share)
    return (
        log(
            loss * np.exp(random.normal(0, 0.01, points)),
            cosine(points, 0.001, 0),
            0.8 * loss * np.exp(random.normal(0, 0.02, points)),
            "epoch",
        ),
        {"optimizer": "sgd"},
    )


@healthy
def label_smoothing(seed: int) -> Run:
    random = generator(seed)
    points = int(random.choice([30, 90, 300]))
    share = np.linspace(0, 1, points)
    loss = 1.45 + 5.4 * np.exp(-6 * share)
    return (
        log(
            loss + random.normal(0, 0.02, points),
            cosine(points, 0.1),
            loss + 0.3 + random.normal(0, 0.03, points),
            "epoch",
        ),
        {"optimizer": "sgd", "momentum": 0.9, "model": ModelFacts(family="cnn")},
    )


@healthy
def fine_tune_classifier(seed: int) -> Run:
    random = generator(seed)
    points = int(random.choice([60, 150, 300]))
    share = np.linspace(0, 1, points)
    return (
        log(np.abs(0.25 + 0.45 * np.exp(-5 * share) + random.normal(0, 0.08, points)), cosine(points, 3e-05, 0.06)),
        {"optimizer": "adamw", "model": ModelFacts(family="transformer", pretrained=True), "epochs": 3},
    )


@healthy
def fine_tune_lm(seed: int) -> Run:
    random = generator(seed)
    points = int(random.choice([60, 150, 300]))
    share = np.linspace(0, 3, points)
    base = 1.35 - 0.12 * (1 - np.exp(-3 * share)) - 0.18 * np.floor(np.minimum(share, 2.99))
    log_ = log(base + random.normal(0, 0.07, points), cosine(points, 2e-05, 0.03))
    log_["epoch"] = share
    return (log_, {"optimizer": "adamw", "model": ModelFacts(family="language_model", pretrained=True)})


@healthy
def grokking(seed: int) -> Run:
    random = generator(seed)
    points = 400
    share = np.linspace(0, 1, points)
    loss = 0.002 + 2 * np.exp(-30 * share)
    tested = 0.05 + 4.5 / (1 + np.exp((share - 0.6) * 25))
    tested = np.where(share < 0.1, 3.5 + 10 * share, tested)
    return (
        log(
            loss * np.exp(random.normal(0, 0.1, points)),
            constant(points),
            tested * np.exp(random.normal(0, 0.02, points)),
        ),
        {"optimizer": "adamw", "weight_decay": 1.0},
    )


@healthy
def milestones(seed: int) -> Run:
    random = generator(seed)
    points = int(random.choice([90, 180]))
    done = np.arange(points) / points
    loss = np.where(
        done < 1 / 3,
        1.9 + 4 * np.exp(-done * 25),
        np.where(done < 2 / 3, 1.3 + 0.3 * np.exp(-(done - 1 / 3) * 40), 1.05 + 0.1 * np.exp(-(done - 2 / 3) * 40)),
    )
    rate = np.where(done < 1 / 3, 0.1, np.where(done < 2 / 3, 0.01, 0.001))
    return (
        log(loss + random.normal(0, 0.02, points), rate, loss + 0.3 + random.normal(0, 0.05, points), "epoch"),
        {"optimizer": "sgd", "momentum": 0.9},
    )


@healthy
def warm_restarts(seed: int) -> Run:
    random = generator(seed)
    points = 400
    phase = np.arange(points) % 100 / 100
    rate = 0.0005 * (1 + np.cos(np.pi * phase))
    loss = 0.5 + 1.5 * np.exp(-np.arange(points) / 60) + 250 * rate * (np.arange(points) >= 100)
    return (log(loss + random.normal(0, 0.02, points), rate), {"optimizer": "adamw"})


@healthy
def one_cycle(seed: int) -> Run:
    random = generator(seed)
    points = int(random.choice([60, 300]))
    share = np.linspace(0, 1, points)
    rate = np.where(
        share < 0.3,
        0.01 * (0.04 + 0.96 * np.sin(np.pi / 2 * share / 0.3) ** 2),
        0.01 * np.cos(np.pi / 2 * (share - 0.3) / 0.7) ** 2 + 1e-06,
    )
    loss = 0.35 + 1.9 * np.exp(-3 * share) - 0.15 * share**3
    return (log(loss * np.exp(random.normal(0, 0.04, points)), rate), {"optimizer": "adamw"})


@healthy
def kl_annealing(seed: int) -> Run:
    random = generator(seed)
    points = 300
    share = np.linspace(0, 1, points)
    weight = np.minimum(1, share / 0.25)
    kl = 25 * np.exp(-1.5 * weight) + 4
    reconstruction = 80 + 120 * np.exp(-12 * share)
    return (
        log(
            reconstruction + weight * kl + random.normal(0, 2, points),
            cosine(points, 0.001, 0),
            recon_loss=reconstruction,
            kl=kl,
        ),
        {"optimizer": "adam"},
    )


@healthy
def contrastive(seed: int) -> Run:
    random = generator(seed)
    points = int(random.choice([100, 300, 800]))
    share = np.linspace(0, 1, points)
    weight = int(random.choice([128, 256, 1024]))
    return (
        log(
            np.log(weight) * (0.45 + 0.55 * np.exp(-4 * share)) + random.normal(0, 0.05, points), cosine(points, 0.001)
        ),
        {"optimizer": "adamw", "data": DataFacts(task="contrastive")},
    )


@healthy
def sum_of_parts(seed: int) -> Run:
    random = generator(seed)
    points = int(random.choice([50, 100, 300]))
    share = np.linspace(0, 1, points)
    parts = [0.9 + 0.8 * np.exp(-4 * share), 0.6 + 2 * np.exp(-6 * share), 0.9 + 0.5 * np.exp(-4 * share)]
    log_ = {"epoch": np.arange(1, points + 1)}
    for name, part in zip(("box", "cls", "dfl"), parts, strict=False):
        log_[f"train/{name}_loss"] = part * np.exp(random.normal(0, 0.01, points))
        log_[f"val/{name}_loss"] = 1.1 * part * np.exp(random.normal(0, 0.02, points))
    log_["lr/pg0"] = 0.01 * (1 - 0.99 * share)
    return (log_, {"optimizer": "sgd", "momentum": 0.9})


@healthy
def single_spikes(seed: int) -> Run:
    random = generator(seed)
    points = 600
    share = np.linspace(0, 1, points)
    loss = 2.6 + 5 * np.exp(-8 * share) + random.normal(0, 0.03, points)
    loss[random.integers(100, points, 1)] += 1.2
    return (log(loss, cosine(points, 0.0006)), {"optimizer": "adamw"})


@healthy
def slight_rise_of_val(seed: int) -> Run:
    random = generator(seed)
    points = int(random.choice([20, 40]))
    share = np.linspace(0, 1, points)
    loss = 0.2 + 1.5 * np.exp(-4 * share)
    tested = 0.55 + 1.2 * np.exp(-6 * share) + 0.015 * share
    return (
        log(
            loss * np.exp(random.normal(0, 0.01, points)),
            cosine(points, 0.001, 0),
            tested * np.exp(random.normal(0, 0.01, points)),
            "epoch",
        ),
        {"optimizer": "adamw"},
    )


@healthy
def regression_to_small(seed: int) -> Run:
    random = generator(seed)
    points = int(random.choice([60, 200, 500]))
    share = np.linspace(0, 1, points)
    return (
        log((1.0 * np.exp(-9 * share) + 0.0002) * np.exp(random.normal(0, 0.1, points)), cosine(points, 0.001, 0)),
        {"optimizer": "adam"},
    )


@healthy
def small_table_scatter(seed: int) -> Run:
    random = generator(seed)
    points = int(random.choice([12, 20, 30, 60]))
    share = np.linspace(0, 1, points)
    loss = 0.5 + 0.5 * np.exp(-5 * share)
    return (
        log(
            loss * np.exp(random.normal(0, 0.05, points)),
            cosine(points, 0.001, 0),
            (loss + 0.1) * np.exp(random.normal(0, 0.07, points)),
            "epoch",
        ),
        {"optimizer": "adamw", "model": ModelFacts(family="mlp")},
    )


@healthy
def batches_at_constant(seed: int) -> Run:
    random = generator(seed)
    points = int(random.choice([100, 400, 1500]))
    share = np.linspace(0, 1, points)
    return (
        log((0.3 + 2 * np.exp(-5 * share)) * np.exp(random.normal(0, 0.15, points)), constant(points)),
        {"optimizer": "adam"},
    )


@healthy
def epochs_at_constant_still_falling(seed: int) -> Run:
    random = generator(seed)
    points = int(random.choice([15, 30, 60]))
    share = np.linspace(0, 1, points)
    loss = 0.3 + 1.7 * np.exp(-2.5 * share)
    return (
        log(
            loss * np.exp(random.normal(0, 0.02, points)),
            constant(points),
            (loss + 0.1) * np.exp(random.normal(0, 0.03, points)),
            "epoch",
        ),
        {"optimizer": "adam"},
    )


@healthy
def short_run(seed: int) -> Run:
    random = generator(seed)
    points = int(random.integers(5, 12))
    share = np.linspace(0, 1, points)
    loss = 0.4 + 1.5 * np.exp(-3 * share)
    return (
        log(
            loss * np.exp(random.normal(0, 0.03, points)),
            None,
            (loss + 0.1) * np.exp(random.normal(0, 0.05, points)),
            "epoch",
        ),
        {"optimizer": "adam"},
    )


@healthy
def plateau_scheduler(seed: int) -> Run:
    random = generator(seed)
    points = 60
    done = np.arange(points)
    loss = np.where(
        done < 25, 0.9 + 1.5 * np.exp(-done / 5), np.where(done < 45, 0.75 + 0.12 * np.exp(-(done - 25) / 3), 0.71)
    )
    rate = np.where(done < 25, 0.001, np.where(done < 45, 0.0001, 1e-05))
    return (
        log(
            loss * np.exp(random.normal(0, 0.008, points)),
            rate,
            (loss + 0.1) * np.exp(random.normal(0, 0.02, points)),
            "epoch",
        ),
        {"optimizer": "adam"},
    )


@healthy
def initial_plateau_then_drop(seed: int) -> Run:
    random = generator(seed)
    points = int(random.choice([200, 500]))
    share = np.linspace(0, 1, points)
    parts = random.uniform(0.1, 0.3)
    loss = 0.5 + 1.8 / (1 + np.exp((share - parts) * 40))
    return (log(loss + random.normal(0, 0.03, points), cosine(points, 0.001)), {"optimizer": "adamw"})


@healthy
def diffusion_noise(seed: int) -> Run:
    random = generator(seed)
    points = int(random.choice([200, 1000]))
    share = np.linspace(0, 1, points)
    return (
        log((0.03 + 0.6 * np.exp(-25 * share)) * np.exp(random.normal(0, 0.35, points)), constant(points, 0.0001)),
        {"optimizer": "adamw"},
    )


@healthy
def rl(seed: int) -> Run:
    random = generator(seed)
    points = 200
    return (
        log(
            random.normal(0, 0.1, points) + np.linspace(0, 1, points),
            constant(points, 0.0003),
            **{"rollout/ep_rew_mean": np.linspace(0, 200, points)},
        ),
        {"optimizer": "adam"},
    )


@healthy
def dpo(seed: int) -> Run:
    random = generator(seed)
    points = 150
    share = np.linspace(0, 1, points)
    return (
        log(
            0.693 - 0.2 * share + random.normal(0, 0.05, points),
            cosine(points, 5e-07, 0.1),
            **{"rewards/chosen": share, "rewards/rejected": -share},
        ),
        {"optimizer": "adamw"},
    )


@healthy
def dpo_plain_columns(seed: int) -> Run:
    random = generator(seed)
    points = 150
    share = np.linspace(0, 1, points)
    return (
        log(0.693 - 0.25 * share + random.normal(0, 0.05, points), cosine(points, 5e-07, 0.1)),
        {"optimizer": "adamw", "data": DataFacts(task="preference")},
    )


@healthy
def gan(seed: int) -> Run:
    random = generator(seed)
    points = 300
    return (
        {
            "step": np.arange(points),
            "errD": 0.9 + random.normal(0, 0.2, points),
            "errG": 2 + np.linspace(0, 3, points) + random.normal(0, 0.5, points),
        },
        {"optimizer": "adam"},
    )


@healthy
def accumulation_noise_high_floor(seed: int) -> Run:
    random = generator(seed)
    points = int(random.choice([100, 300]))
    share = np.linspace(0, 1, points)
    return (
        log(1.9 + 0.5 * np.exp(-6 * share) + random.normal(0, 0.12, points), cosine(points, 0.0002)),
        {"optimizer": "adamw"},
    )


@healthy
def curriculum_two_stages(seed: int) -> Run:
    random = generator(seed)
    points = 400
    share = np.linspace(0, 1, points)
    loss = np.where(share < 0.5, 1.0 + 2 * np.exp(-12 * share), 1.6 + 0.8 * np.exp(-12 * (share - 0.5)))
    rate = np.where(
        share < 0.5, cosine(points)[np.arange(points) * 2 % points], cosine(points)[np.arange(points) * 2 % points]
    )
    return (log(loss + random.normal(0, 0.03, points), rate), {"optimizer": "adamw"})


@healthy
def gap_then_tests(seed: int) -> Run:
    random = generator(seed)
    points = 300
    share = np.linspace(0, 1, points)
    loss = 0.6 + 1.8 * np.exp(-5 * share)
    tested = np.full(points, np.nan)
    tested[29::30] = (loss[29::30] + 0.2) * np.exp(random.normal(0, 0.05, 10))
    log_ = log(loss + random.normal(0, 0.1, points), cosine(points))
    log_["val_loss"] = [None if np.isnan(a) else a for a in tested]
    return (log_, {"optimizer": "adamw"})


@sick("down")
def diverges_early(seed: int) -> Run:
    random = generator(seed)
    points = 300
    share = np.arange(points)
    return (
        log(
            2.3
            + np.minimum(share, 30) * 0.0
            + np.where(share > 15, 0.05 * (share - 15), -0.01 * share)
            + random.normal(0, 0.03, points),
            constant(points, 0.1),
        ),
        {"optimizer": "sgd"},
    )


@sick("down")
def diverges_late(seed: int) -> Run:
    random = generator(seed)
    points = 300
    share = np.linspace(0, 1, points)
    return (
        log(
            np.where(share < 0.7, 0.5 + 2 * np.exp(-6 * share), 0.53 + 8 * (share - 0.7))
            + random.normal(0, 0.03, points),
            constant(points),
        ),
        {"optimizer": "adam"},
    )


@sick("down")
def diverges_to_plateau(seed: int) -> Run:
    random = generator(seed)
    points = 400
    share = np.linspace(0, 1, points)
    return (
        log(
            np.where(share < 0.4, 3 + 6 * np.exp(-12 * share), 7.2) + random.normal(0, 0.04, points),
            cosine(points, 0.002),
        ),
        {"optimizer": "adamw"},
    )


@sick("down")
def nan_late(seed: int) -> Run:
    random = generator(seed)
    points = 300
    share = np.linspace(0, 1, points)
    loss = 0.5 + 2 * np.exp(-6 * share) + random.normal(0, 0.03, points)
    loss[240:] = np.nan
    return (log(loss, constant(points)), {"optimizer": "adam"})


@sick("not_up")
def spikes_many(seed: int) -> Run:
    random = generator(seed)
    points = 800
    share = np.linspace(0, 1, points)
    loss = 2.6 + 5 * np.exp(-8 * share) + random.normal(0, 0.03, points)
    loss[random.integers(120, points - 10, 9)] += 2.5
    return (log(loss, cosine(points, 0.0006)), {"optimizer": "adamw"})


@sick("not_up")
def collapse_at_constant(seed: int) -> Run:
    random = generator(seed)
    points = 200
    return (log(0.6931 + random.normal(0, 0.003, points), constant(points, 0.001)), {"optimizer": "adam"})


@sick("up")
def tiny_rate(seed: int) -> Run:
    random = generator(seed)
    points = 300
    share = np.linspace(0, 1, points)
    return (
        log(2.3 - 0.12 * share + random.normal(0, 0.005, points), constant(points, 1e-07)),
        {"optimizer": "adam", "model": ModelFacts(family="mlp")},
    )


@sick("up")
def low_rate_cnn(seed: int) -> Run:
    random = generator(seed)
    points = 60
    share = np.linspace(0, 1, points)
    return (
        log(
            2.3 - 0.35 * share + random.normal(0, 0.005, points),
            constant(points, 1e-05),
            2.3 - 0.33 * share + random.normal(0, 0.008, points),
            "epoch",
        ),
        {"optimizer": "sgd", "momentum": 0.9, "model": ModelFacts(family="cnn")},
    )


@sick("none", "epochs_or_wd")
def overfits(seed: int) -> Run:
    random = generator(seed)
    points = 40
    share = np.linspace(0, 1, points)
    return (
        log(
            0.02 + 1.5 * np.exp(-5 * share) + random.normal(0, 0.005, points),
            cosine(points, 0.001, 0),
            0.6 + 0.9 * np.exp(-9 * share) + 0.9 * share**1.5 + random.normal(0, 0.01, points),
            "epoch",
        ),
        {"optimizer": "adamw"},
    )


@sick("none")
def overfits_finetune(seed: int) -> Run:
    tested = np.array([0.42, 0.36, 0.39, 0.45, 0.52, 0.58, 0.63, 0.69, 0.74, 0.78])
    random = generator(seed)
    t = np.array([0.6, 0.33, 0.2, 0.12, 0.07, 0.04, 0.03, 0.02, 0.015, 0.01])
    return (
        log(t, None, tested + random.normal(0, 0.004, 10), "epoch"),
        {"optimizer": "adamw", "learning_rate": 2e-05, "model": ModelFacts(family="transformer", pretrained=True)},
    )


@sick("down_or_decay")
def noisy_end_constant(seed: int) -> Run:
    random = generator(seed)
    points = 60
    share = np.linspace(0, 1, points)
    loss = 0.5 + 1.5 * np.exp(-7 * share)
    return (
        log(
            loss * np.exp(random.normal(0, 0.03, points)),
            constant(points, 0.1),
            (loss + 0.1) * np.exp(random.normal(0, 0.25, points)),
            "epoch",
        ),
        {"optimizer": "sgd"},
    )


@sick("warmup")
def early_peak(seed: int) -> Run:
    random = generator(seed)
    points = 400
    share = np.arange(points)
    loss = 0.8 + 1.5 * np.exp(-share / 80) + 3.5 * np.exp(-(((share - 14) / 8.0) ** 2)) + random.normal(0, 0.02, points)
    return (log(loss, cosine(points, 0.001, 0.0)), {"optimizer": "adamw"})


@sick("not_up")
def plateau_constant(seed: int) -> Run:
    random = generator(seed)
    points = 200
    share = np.linspace(0, 1, points)
    return (
        log(0.9 + 1.4 * np.exp(-20 * share) + random.normal(0, 0.01, points), constant(points, 0.01)),
        {"optimizer": "sgd"},
    )


@sick("not_down")
def decayed_too_early(seed: int) -> Run:
    random = generator(seed)
    points = 300
    share = np.linspace(0, 1, points)
    rate = np.where(share < 0.15, 0.001, 1e-06)
    return (
        log(
            np.where(share < 0.15, 2.3 - 5 * share, 1.55 - 0.02 * (share - 0.15)) + random.normal(0, 0.01, points), rate
        ),
        {"optimizer": "adam"},
    )


@sick("down")
def oscillates(seed: int) -> Run:
    random = generator(seed)
    points = 300
    return (
        log(1.0 + 0.4 * np.sin(0.25 * np.arange(points)) + random.normal(0, 0.03, points), constant(points, 0.5)),
        {"optimizer": "sgd"},
    )


@sick("down")
def late_excursion(seed: int) -> Run:
    random = generator(seed)
    a = 0.4 + 2 * np.exp(-np.arange(200) / 30)
    weight = 0.45 + 3 * np.exp(-np.arange(100) / 30)
    loss = np.r_[a, weight] + random.normal(0, 0.02, 300)
    return (log(loss, constant(300)), {"optimizer": "adamw"})


@sick("none")
def pure_noise_short(seed: int) -> Run:
    random = generator(seed)
    return (
        log(1.8 + random.normal(0, 0.1, 12), None),
        {"optimizer": "adamw", "learning_rate": 2e-05, "model": ModelFacts(family="language_model", pretrained=True)},
    )


@sick("none")
def ppo_value_loss_rising(seed: int) -> Run:
    random = generator(seed)
    points = 200
    return (
        log(
            np.linspace(0.1, 5, points) + random.normal(0, 0.2, points),
            constant(points, 0.0003),
            ep_rew_mean=np.linspace(0, 300, points),
            value_loss=np.linspace(0.1, 9, points),
        ),
        {"optimizer": "adam"},
    )


@sick("none")
def dpo_rate_too_high_rewards(seed: int) -> Run:
    random = generator(seed)
    points = 100
    return (
        log(
            0.693 + random.normal(0, 0.01, points),
            constant(points, 5e-07),
            **{
                "rewards/margins": random.normal(0, 0.01, points),
                "rewards/chosen": random.normal(0, 0.01, points),
                "rewards/rejected": random.normal(0, 0.01, points),
            },
        ),
        {"optimizer": "adamw"},
    )


@sick("not_up")
def contrastive_at_log_batch(seed: int) -> Run:
    random = generator(seed)
    points = 200
    return (
        log(np.log(256) + random.normal(0, 0.004, points), constant(points, 0.01)),
        {"optimizer": "adamw", "data": DataFacts(task="contrastive")},
    )


@sick("none")
def loss_below_zero(seed: int) -> Run:
    random = generator(seed)
    points = 200
    share = np.linspace(0, 1, points)
    return (
        log(1 - 4 * (1 - np.exp(-4 * share)) + random.normal(0, 0.05, points), cosine(points)),
        {"optimizer": "adam"},
    )


@sick("down")
def bert_too_high(seed: int) -> Run:
    random = generator(seed)
    points = 120
    return (
        log(0.69 + random.normal(0, 0.006, points), constant(points, 0.001)),
        {"optimizer": "adamw", "model": ModelFacts(family="transformer", pretrained=True)},
    )


@sick("not_up")
def rises_again(seed: int) -> Run:
    random = generator(seed)
    points = 300
    share = np.linspace(0, 1, points)
    return (
        log(
            0.5 + 2 * np.exp(-15 * share) + 0.6 * np.clip(share - 0.4, 0, 1) + random.normal(0, 0.02, points),
            constant(points, 0.001),
        ),
        {"optimizer": "adam"},
    )


@sick("not_up")
def zigzag(seed: int) -> Run:
    random = generator(seed)
    points = 200
    return (
        log(0.8 + 0.25 * (-1.0) ** np.arange(points) + random.normal(0, 0.02, points), constant(points, 1.0)),
        {"optimizer": "sgd"},
    )


@sick("not_down")
def slow_at_large_batch(seed: int) -> Run:
    random = generator(seed)
    points = 300
    share = np.linspace(0, 1, points)
    return (
        log(2.3 - 0.2 * share + random.normal(0, 0.003, points), constant(points, 1e-05)),
        {"optimizer": "adam", "batch_size": 8192},
    )


@sick("none")
def grad_norm_scaler_infs(seed: int) -> Run:
    random = generator(seed)
    points = 200
    share = np.linspace(0, 1, points)
    g = np.ones(points)
    g[[0, 1, 60]] = np.inf
    return (
        log(0.5 + 2 * np.exp(-5 * share) + random.normal(0, 0.02, points), cosine(points), grad_norm=g),
        {"optimizer": "adamw"},
    )
