"""Keras 3 on torch: a compiled model is trained by its own loss; optimizer and schedule as objects; a guard."""

from __future__ import annotations

import keras
import numpy as np
import pytest

import advisor
import advisor.keras
from advisor.errors import ModelError

pytestmark = pytest.mark.filterwarnings("ignore")

X = np.random.default_rng(0).normal(size=(300, 6)).astype("float32")
Y = (X[:, 0] * X[:, 1] > 0).astype("int64")


def model(**settings: object) -> keras.Model:
    keras.utils.set_random_seed(0)
    net = keras.Sequential([keras.Input((6,)), keras.layers.Dense(16, activation="relu"), keras.layers.Dense(2)])
    if settings.get("compiled", True):
        net.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return net


def test_a_compiled_model_is_trained_by_its_own_loss_and_left_alone() -> None:
    net = model()
    before = [weight.copy() for weight in net.get_weights()]
    advice = advisor.keras.advise(net, (X, Y), epochs=10, batch_size=32)
    assert advice.verdict.trials
    assert advice.verdict.held_out_loss < 0.68
    assert all(np.array_equal(a, b) for a, b in zip(before, net.get_weights(), strict=True))


def test_optimizer_and_schedule_train_as_advised() -> None:
    net = model()
    advice = advisor.keras.advise(net, (X, Y), epochs=3, batch_size=30, budget="none")
    optimizer = advisor.keras.optimizer(advice)
    net.compile(optimizer, loss=net.loss)
    net.fit(X, Y, batch_size=30, epochs=3, verbose=0)
    rec, steps = advice.recommendation, advice.recommendation.total_steps
    schedule = advisor.keras.Schedule.of(rec)
    drawn = [float(keras.ops.convert_to_numpy(schedule(step))) for step in range(steps + 2)]
    assert drawn[:steps] == pytest.approx([rec.learning_rate_at(step) for step in range(steps)], rel=1e-5, abs=1e-12)
    assert drawn[-1] == drawn[steps - 1]
    again = advisor.keras.Schedule(**schedule.get_config())
    assert again.rates == schedule.rates


def test_what_cannot_be_trained_is_refused_with_the_line_to_write(monkeypatch) -> None:
    with pytest.raises(ModelError, match=r"model.compile\(loss"):
        advisor.keras.advise(model(compiled=False), (X, Y), epochs=1)
    with pytest.raises(ModelError, match=r"write advisor.keras.advise\(model, \(x, y\)\)"):
        advisor.advise(model(), (X, Y), "cross_entropy", epochs=1)
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(ModelError, match="KERAS_BACKEND=torch"):
        advisor.keras.advise(model(), (X, Y), epochs=1)


def test_the_guard_stops_a_lost_run() -> None:
    net = model()
    net.compile(keras.optimizers.SGD(0.1), loss=net.loss)
    guard = advisor.keras.GuardCallback(on_problem="stop")
    broken = X.copy()
    broken[-1] = np.nan
    net.fit(broken, Y, batch_size=10, epochs=50, verbose=0, shuffle=False, callbacks=[guard])
    assert guard.guard.problems[0].symptom == "nonfinite"
    assert guard.guard.steps <= 31


def test_the_printed_program_runs() -> None:
    advice = advisor.keras.advise(model(), (X, Y), epochs=1, batch_size=32, budget="none", optimizer="adamw")
    exec(compile(advice.code("keras"), "train.py", "exec"), {})  # noqa: S102
