"""Search by trial runs: Optuna's TPE, tuning on interpolated losses of one seed."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.regret.choices import Choice
from benchmarks.regret.landscapes import DIVERGED_EXCESS, read
from benchmarks.regret.tasks import Pair, Task


@dataclass(frozen=True, slots=True)
class TpeSearch:
    """Optuna's TPE sampler over the rates that people search: 1e-5 to 1 for SGD, 1e-5 to 1e-1 else."""

    trials: int

    @property
    def name(self) -> str:
        return f"TPE search, {self.trials} trials (interpolated)"

    def choose(self, task: Task, pair: Pair, *, seed: int) -> Choice:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        record = read(task)
        landscape = record.of(pair)
        ceiling = record.constant_loss * (1.0 + DIVERGED_EXCESS)

        def objective(trial: optuna.Trial) -> float:
            rate = trial.suggest_float("rate", 1e-5, 1.0 if pair.optimizer == "sgd" else 1e-1, log=True)
            return min(ceiling, landscape.loss_at(rate, seed=seed % 3))

        study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed))
        study.optimize(objective, n_trials=self.trials)
        return Choice(float(study.best_params["rate"]), self.trials * record.samples)
