"""Detectors on seeded curves whose answer is known, on real runs, and on anything at all."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from advisor.diagnosis import Reading, read_history, read_symptoms

Curve = NDArray[np.float64]
POINTS = 400
TIME = np.arange(POINTS) / POINTS
FALL = 2.0 * np.exp(-5 * TIME) + 0.3


def noise(seed: int, scale: float, points: int = POINTS) -> Curve:
    return scale * np.random.default_rng(seed).standard_normal(points)


def seen(loss: Curve, rates: Curve | None = None, **columns: Curve) -> Reading:
    lists = {"loss": loss.tolist(), **{name: values.tolist() for name, values in columns.items()}}
    if rates is not None:
        lists["lr"] = rates.tolist()
    return read_symptoms(read_history(lists))


def present(reading: Reading) -> set[str]:
    return {name for name, sign in reading.signs if sign.present}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("scale", [0.0, 0.01, 0.05])
def test_a_healthy_run_has_no_symptom(seed: int, scale: float) -> None:
    cosine = 1e-3 * (1 + np.cos(np.pi * TIME)) / 2
    assert present(seen(FALL + noise(seed, scale), cosine)) == set()


@pytest.mark.parametrize("seed", range(4))
def test_each_symptom_is_told_from_the_others(seed: int) -> None:
    swings = np.where(TIME > 0.2, 0.4 * np.sin(np.arange(POINTS) * 0.16), 0.0)
    curves = {
        "diverged": np.where(TIME < 0.5, FALL, 0.45 * np.exp(8 * (TIME - 0.5))) + noise(seed, 0.01),
        "oscillating": FALL + 0.5 + swings + noise(seed, 0.02),
        "slow": 2.3 - 0.2 * TIME + noise(seed, 0.003),
        "plateau": np.where(TIME < 0.2, 2.0 - 5 * TIME, 1.0) + noise(seed, 0.01),
        "stuck_at_chance": 2.303 + noise(seed, 0.005),
        "spikes": FALL + noise(seed, 0.01) + 4.0 * (np.arange(POINTS) % 100 == 50),
    }
    found = {name: present(seen(curve, np.full(POINTS, 0.01))) for name, curve in curves.items()}
    assert found == {name: {name} for name in curves}


def test_where_it_broke_and_what_the_schedule_was() -> None:
    loss = np.where(TIME < 0.5, FALL, np.nan)
    warm = 0.1 * np.minimum(1.0, np.arange(POINTS) / 40)
    reading = seen(loss, warm)
    assert present(reading) == {"nonfinite"}
    assert reading.facts.divergence_onset == pytest.approx(0.5, abs=0.01)
    assert reading.facts.learning_rate == pytest.approx(0.1)
    assert reading.facts.warmup_fraction == pytest.approx(0.1, abs=0.01)
    assert reading.facts.final_fraction == pytest.approx(1.0)


def test_overfitting_needs_a_held_out_loss() -> None:
    held = 0.6 + (TIME - 0.3) ** 2 + noise(0, 0.005)
    both = seen(FALL, val_loss=held)
    assert present(both) == {"overfitting"}
    assert both.facts.overfitting_onset == pytest.approx(0.3, abs=0.07)
    assert dict(seen(FALL).signs)["overfitting"].present is None
    assert present(seen(FALL, val_loss=FALL + 0.1)) == set()


def test_gradient_norms_and_clipping() -> None:
    norms = np.linspace(1.0, 3.0, POINTS)
    history = read_history({"loss": FALL.tolist(), "grad_norm": norms.tolist()})
    facts = read_symptoms(history, clip_norm=2.0).facts
    assert facts.clipped_share == pytest.approx(0.5, abs=0.01)
    assert facts.gradient_norm_growth == pytest.approx(2.9 / 1.1, rel=0.05)


losses = st.lists(
    st.one_of(st.floats(allow_nan=True, allow_infinity=True, width=32), st.floats(-10, 10)), min_size=5, max_size=80
)


@settings(max_examples=200, deadline=None)
@given(losses, st.one_of(st.none(), st.lists(st.floats(-5, 5), min_size=5, max_size=80)))
def test_nothing_breaks_it(loss: list[float], held: list[float] | None) -> None:
    reading = read_symptoms(read_history({"loss": loss, **({"val_loss": held} if held else {})}))
    for _, sign in reading.signs:
        assert 0.0 <= sign.start <= 1.0
        assert 0.0 <= sign.end <= 1.0
    assert dict(reading.signs)["nonfinite"].present == any(not math.isfinite(value) for value in loss)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000), st.floats(1e-3, 1e3), st.sampled_from(["fall", "slow", "stuck"]))
def test_the_unit_of_the_loss_changes_nothing(seed: int, factor: float, kind: str) -> None:
    curve = {"fall": FALL, "slow": 2.3 - 0.2 * TIME, "stuck": np.full(POINTS, 2.3)}[kind] + noise(seed, 0.005)
    assert present(seen(curve)) == present(seen(factor * curve))


def trained(rate: float, *, steps: int = 300, rows: int = 400, batch: int = 32, flips: float = 0.0) -> Reading:
    """Train a small net by SGD with momentum and read its log; a fresh sample is held out."""
    drawn = torch.Generator().manual_seed(1)
    torch.manual_seed(0)
    x, held_x = (torch.randn(count, 10, generator=drawn) for count in (rows, 500))
    y, held_y = ((part[:, :2].sum(1) > 0).long() for part in (x, held_x))
    y = torch.where(torch.rand(rows, generator=drawn) < flips, 1 - y, y)
    net = torch.nn.Sequential(torch.nn.Linear(10, 128), torch.nn.ReLU(), torch.nn.Linear(128, 2))
    optimizer = torch.optim.SGD(net.parameters(), lr=rate, momentum=0.9)
    lines: dict[str, list[float]] = {"step": [], "loss": [], "val_loss": [], "lr": []}
    for step in range(steps):
        chosen = torch.randint(rows, (batch,), generator=drawn)
        loss = torch.nn.functional.cross_entropy(net(x[chosen]), y[chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            held = float(torch.nn.functional.cross_entropy(net(held_x), held_y))
        for name, value in zip(lines, (step, float(loss.detach()), held, rate), strict=True):
            lines[name].append(value)
    return read_symptoms(read_history(lines))


def test_real_runs_are_told_apart() -> None:
    assert present(trained(0.05)) == set()
    assert present(trained(1e-6)) == {"stuck_at_chance"}
    assert present(trained(1e-4)) == {"slow"}
    assert present(trained(60.0)) & {"diverged", "nonfinite", "stuck_at_chance", "oscillating"}
    assert "overfitting" in present(trained(0.3, rows=64, flips=0.3, steps=600))
