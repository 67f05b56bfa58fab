"""Diagnoses that a page must cope with, from a healthy log to hostile names."""

from __future__ import annotations

import numpy as np

import advisor
from advisor.api.diagnosis import Diagnosis

SHARE = np.linspace(0.0, 1.0, 30)


def healthy_log() -> Diagnosis:
    """Training and held-out loss by epochs, nothing wrong."""
    log = {"epoch": range(1, 31), "loss": 0.3 + 2 * np.exp(-6 * SHARE), "val_loss": 0.4 + 2 * np.exp(-6 * SHARE)}
    return advisor.diagnose(log, optimizer="adamw", learning_rate=1e-3, schedule="cosine")


def troubled_log() -> Diagnosis:
    """By steps, with the rate and gradient norms: it spikes and overfits."""
    draw, share = np.random.default_rng(0), np.linspace(0.0, 1.0, 4000)
    loss = (0.3 + 2 * np.exp(-6 * share)) * np.exp(0.1 * draw.standard_normal(4000))
    loss[[2000, 2600, 3300]] *= 8.0
    held_out = [0.5 + 1.5 * np.exp(-8 * at) + 0.6 * max(0.0, at - 0.4) for at in share]
    return advisor.diagnose(
        {
            "step": range(4000),
            "train_loss": loss,
            "val_loss": [value if step % 100 == 99 else None for step, value in enumerate(held_out)],
            "lr": 1.5e-3 * (1 + np.cos(np.pi * share)),
            "grad_norm": np.abs(draw.standard_normal(4000)) + 0.3,
        },
        optimizer="adamw",
        epochs=20,
    )


def broken_log() -> Diagnosis:
    """A divergence over many decades that ends in NaN; the rate is not known."""
    share = np.linspace(0.0, 1.0, 1000)
    loss = np.where(share < 0.6, 2.0 - share, 1.4 * np.exp(np.clip(120 * (share - 0.6), 0, 30)))
    loss[900:] = np.nan
    return advisor.diagnose({"step": range(1000), "loss": loss})


def undecided_log() -> Diagnosis:
    """Nothing was learned, and without the optimizer no rule can say whether the rate was too high or too low."""
    return advisor.diagnose({"step": range(40), "loss": np.full(40, 2.3)}, learning_rate=0.02)


def short_log() -> Diagnosis:
    """Too short to tell anything."""
    return advisor.diagnose([2.0, 1.5, 1.2, 1.1, 1.0])


def nan_log() -> Diagnosis:
    """Never finite: there is no curve to draw."""
    return advisor.diagnose({"loss": np.full(50, np.nan)})


def hostile_log() -> Diagnosis:
    """Markup wherever a log can bring its own names."""
    name, other = "<script>alert(1)</script> loss", '"><img src=x onerror=alert(2)> val'
    log = {"step": range(60), name: np.linspace(2, 1.9, 60), other: np.linspace(2.1, 2.0, 60)}
    found = advisor.diagnose(log, loss_column=name, validation_column=other)
    source = "</style><style>body{display:none}</style></svg><svg onload=alert(3)>\u202e{{ 7 * 7 }}.csv"
    return found.model_copy(
        update={"source": source, "provenance": found.provenance.model_copy(update={"source": source})}
    )


CASES = {
    case.__name__: case
    for case in (healthy_log, troubled_log, broken_log, undecided_log, short_log, nan_log, hostile_log)
}
