"""skorch, Accelerate, Optuna, MLflow, Weights & Biases, ignite: what is handed over works with the package."""

from __future__ import annotations

import math

import accelerate
import mlflow
import numpy as np
import optuna
import pytest
import skorch
import torch
import wandb
from ignite.engine import Engine, Events
from torch import nn

import advisor
from advisor.errors import ModelError, TrainingStoppedError

pytestmark = pytest.mark.filterwarnings("ignore")

DRAW = torch.Generator().manual_seed(0)
X = torch.randn(200, 5, generator=DRAW)
Y = (X[:, 0] > 0).long()


def net() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(5, 16), nn.ReLU(), nn.Linear(16, 2))


@pytest.fixture(scope="module")
def advice() -> advisor.Advice:
    return advisor.advise(net(), (X, Y), "cross_entropy", epochs=5, batch_size=20, budget="none", optimizer="adamw")


def test_skorch_trains_with_optimizer_schedule_and_clipping(advice: advisor.Advice) -> None:
    found = skorch.NeuralNetClassifier(
        net, criterion=nn.CrossEntropyLoss, max_epochs=5, verbose=0, **advice.to_skorch()
    )
    found.fit(X.numpy(), Y.numpy())
    assert found.score(X.numpy(), Y.numpy()) > 0.6
    rates = [batch["event_lr"] for epoch in found.history for batch in epoch["batches"] if "event_lr" in batch]
    assert rates == pytest.approx(
        [advice.recommendation.learning_rate_at(step) for step in range(len(rates))], rel=1e-6
    )


def test_accelerate_prepares_what_is_built(advice: advisor.Advice) -> None:
    accelerator, model = accelerate.Accelerator(cpu=True), net()
    model, optimizer, scheduler = accelerator.prepare(model, *advice.build(model))
    for step in range(5):
        assert optimizer.param_groups[0]["lr"] == pytest.approx(advice.recommendation.learning_rate_at(step))
        accelerator.backward(nn.functional.cross_entropy(model(X[:20]), Y[:20]))
        accelerator.clip_grad_norm_(model.parameters(), advice.recommendation.clip_norm or 1.0)
        optimizer.step()
        scheduler.step()


def test_a_callback_of_skorch_guards() -> None:
    guard = advisor.Guard(on_problem="stop")

    class Watch(skorch.callbacks.Callback):
        def on_batch_end(self, net, batch, training, loss, **_):
            if training:
                guard.step(loss)

    broken = X.numpy().copy()
    broken[100:] = np.nan
    found = skorch.NeuralNetClassifier(
        net,
        criterion=nn.CrossEntropyLoss,
        max_epochs=3,
        verbose=0,
        train_split=None,
        batch_size=20,
        iterator_train__shuffle=False,
        callbacks=[Watch()],
    )
    with pytest.raises(TrainingStoppedError):
        found.fit(broken, Y.numpy())
    assert guard.steps == 6


def test_a_run_of_accelerate_is_guarded_and_lowered(advice: advisor.Advice) -> None:
    accelerator, model = accelerate.Accelerator(cpu=True), net()
    model, optimizer = accelerator.prepare(model, torch.optim.SGD(model.parameters(), lr=0.05))
    guard = advisor.Guard(model, optimizer, on_problem="lower", keep_every=5)
    for step in range(60):
        loss = nn.functional.cross_entropy(model(X[:20]), Y[:20]) * (math.nan if step == 40 else 1.0)
        accelerator.backward(loss)
        optimizer.step()
        optimizer.zero_grad()
        guard.step(loss)
    assert [problem.symptom for problem in guard.problems] == ["nonfinite"]
    assert all(bool(parameter.isfinite().all()) for parameter in model.parameters())
    assert optimizer.param_groups[0]["lr"] < 0.05


def test_optuna_begins_with_the_advice_and_stays_in_its_interval(advice: advisor.Advice) -> None:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study()
    study.enqueue_trial(advice.recommendation.first_try())
    seen: list[float] = []

    def objective(trial: optuna.Trial) -> float:
        seen.append(advice.suggest(trial).learning_rate)
        return float(np.log(seen[-1]) ** 2)

    study.optimize(objective, n_trials=5)
    interval = advice.recommendation.interval
    assert seen[0] == pytest.approx(advice.recommendation.learning_rate)
    assert all(interval.lower <= rate <= interval.upper for rate in seen)


def test_mlflow_logs_flat_parameters_and_the_report(advice: advisor.Advice, tmp_path) -> None:
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/runs.db")
    with mlflow.start_run() as run:
        mlflow.log_params(advice.recommendation.flat())
    params = mlflow.get_run(run.info.run_id).data.params
    assert float(params["learning_rate"]) == pytest.approx(advice.recommendation.learning_rate)


def test_weights_and_biases_takes_flat_parameters_and_the_report(advice: advisor.Advice, tmp_path) -> None:
    page = tmp_path / "advice.html"
    advice.to_html(page)
    with wandb.init(mode="offline", dir=tmp_path, project="advisor", settings=wandb.Settings(silent=True)) as run:
        run.config.update(advice.recommendation.flat())
        report = wandb.Artifact("advice", type="report")
        report.add_file(str(page))
        run.log_artifact(report)
        assert run.config["learning_rate"] == pytest.approx(advice.recommendation.learning_rate)
        assert "advice.html" in report.manifest.entries


def test_ignite_is_guarded_by_a_handler() -> None:
    guard = advisor.Guard(on_problem="stop")
    engine = Engine(lambda engine, batch: float("nan") if engine.state.iteration > 5 else 1.0)
    engine.add_event_handler(Events.ITERATION_COMPLETED, lambda engine: guard.step(engine.state.output))
    with pytest.raises(TrainingStoppedError):
        engine.run(range(20))
    assert engine.state.iteration == 6


def test_a_scripted_module_is_refused() -> None:
    with pytest.raises(ModelError, match="TorchScript"):
        advisor.advise(torch.jit.script(net()), (X, Y), "cross_entropy", epochs=1)
