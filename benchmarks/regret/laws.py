"""The laws that are calibrated: what each is made of, and the landscapes and tuned rates it is fitted to.

The landscapes are those of the calibration split, raw features left out; the tuned rates are the calibration half of
``tests/rules/golden/tabular.csv``. Nothing that results are reported on is looked at.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from advisor.facts import Facts, with_facts
from advisor.inference import infer
from advisor.knowledge import load_rules
from benchmarks.golden import HERE
from benchmarks.regret.facts import facts_of
from benchmarks.regret.fit import GRID, WORST, Cell, Feature, Law, curve
from benchmarks.regret.landscapes import Record, read
from benchmarks.regret.tasks import Pair, tasks

TUNED = HERE / "tabular.csv"
SAME_SOURCE = {"digit_images": "digits"}
"""Data sets made of the same rows count as one."""

FEATURES = {
    "steps": Feature("plan.total_steps", 500),
    "batch": Feature("plan.effective_batch", 64),
    "width": Feature("model.width", 64),
    "depth": Feature("model.depth", 2, least=1),
    "memorising pressure": Feature("plan.memorising_pressure", 66),
    "unexplained variance": Feature("data.noise.unexplained", 0.1, least=0.01, most=0.7),
    "label flips": Feature("data.noise.label_flips", 0.1, least=0.1),
    "initial gain": Feature("model.init_gain", 0.41, least=0.41, most=2.5),
    "largest eigenvalue": Feature("data.conditioning.largest", 4.0, least=1.0),
    "target outliers": Feature("data.target.max_z", 3.0, least=1.5),
}
TASKS = {"classes": ("binary", "multiclass"), "two classes": ("binary",)}
"""Tasks whose rate is compared with that of regression, and two classes with several."""
FLAGS = ("constant", "one_cycle", "rmsprop", *TASKS)
"""Schedules, whose peak is compared with that of a cosine; an optimizer, whose rate is compared with Adam's; tasks."""

NETS = frozenset({"mlp", "tabular_resnet"})
OTHER_NETS = frozenset({"cnn", "rnn", "transformer", "language_model"})
LINEAR = frozenset({"linear", "logistic"})
ADAM = frozenset({"adam", "adamw", "rmsprop"})
SGD = frozenset({"sgd"})


@dataclass(frozen=True, slots=True)
class Calibration:
    """A law and the landscapes it is fitted to.

    Attributes:
        law: what is fitted.
        optimizers, families: whose landscapes; no optimizers: the tuned rates of tables.
        over_smoothness: the rate is taken as a multiple of one over the smoothness that batches see.
    """

    law: Law
    optimizers: frozenset[str] = frozenset()
    families: frozenset[str] = NETS
    over_smoothness: bool = False

    def cells(self) -> list[Cell]:
        """Return the landscapes, or the tuned rates."""
        return list(_landscapes(self) if self.optimizers else _tuned(self.law))

    def sheets(self) -> list[Facts]:
        """Return the fact sheets of the landscapes, in the order of ``cells``."""
        return [facts_of(record.task, pair) for record, pair in _places(self)]


_ADAM = {"constant": math.log(0.35), "one_cycle": math.log(1.15)}
_SGD = {"constant": math.log(0.5), "one_cycle": math.log(1.15)}
_SIZE = {"width": -0.4, "depth": -0.4}
_TASKS = dict.fromkeys(TASKS, 0.0)
_AT = "500 steps, batch 64"
CALIBRATIONS = (
    Calibration(
        Law(
            "Adam on nets",
            (
                "adam-net-on-rows",
                "rmsprop-like-adam",
                "class-target-adam",
                "binary-target-adam",
                "memorising-pressure",
                "noise-lower",
                "correlated-features",
                "initial-gain-adam",
                "constant-rate",
            ),
            f"{_AT}, pressure 66",
            {
                "steps": -0.35,
                "memorising pressure": 0.0,
                "unexplained variance": 0.0,
                "label flips": 0.0,
                "largest eigenvalue": 0.0,
                "initial gain": 0.0,
                "rmsprop": 0.0,
                **_TASKS,
                **_ADAM,
            },
        ),
        ADAM,
    ),
    Calibration(
        Law(
            "SGD on nets",
            (
                "sgd-net-on-rows",
                "memorising-pressure",
                "noise-lower",
                "correlated-features",
                "target-outliers-sgd",
                "constant-rate",
            ),
            f"{_AT}, pressure 66",
            {
                "steps": -0.3,
                "batch": 0.45,
                "memorising pressure": 0.0,
                "unexplained variance": 0.0,
                "largest eigenvalue": 0.0,
                "target outliers": 0.0,
                **_SGD,
            },
        ),
        SGD,
    ),
    Calibration(
        Law(
            "Adam on nets, rows not known",
            ("adam-net-on-rows", "small-net-size", "rmsprop-like-adam"),
            f"{_AT}, width 64, depth 2",
            {"steps": -0.35, "batch": 0.25, **_SIZE, **_ADAM},
        ),
        ADAM,
    ),
    Calibration(
        Law(
            "SGD on nets, rows not known",
            ("sgd-net-on-rows", "small-net-size"),
            f"{_AT}, width 64, depth 2",
            {"steps": -0.3, "batch": 0.45, **_SIZE, **_SGD},
        ),
        SGD,
    ),
    Calibration(
        Law(
            "Adam on convolution, recurrent and attention nets",
            ("short-run-adam",),
            f"{_AT}, width 64",
            {"steps": -0.35, "width": -0.4, **_ADAM},
        ),
        ADAM,
        OTHER_NETS,
    ),
    Calibration(
        Law(
            "SGD on convolution, recurrent and attention nets",
            ("short-run-sgd",),
            f"{_AT}, width 64",
            {"steps": -0.3, "width": -0.4, **_SGD},
        ),
        SGD,
        OTHER_NETS,
    ),
    Calibration(
        Law(
            "Adam on linear models",
            ("adam-linear-spectrum", "constant-linear"),
            "500 steps, largest eigenvalue 4",
            {"steps": -0.3, "largest eigenvalue": 0.0, **_ADAM},
        ),
        ADAM,
        LINEAR,
    ),
    Calibration(
        Law("SGD on linear models", ("convex-momentum-step", "constant-linear"), "1/L, momentum 0.9", _SGD),
        SGD,
        LINEAR,
        over_smoothness=True,
    ),
    Calibration(
        Law(
            "AdamW on tables with early stopping",
            ("tabular-mlp",),
            "500 steps, width 64, depth 2",
            {"steps": -0.35, **_SIZE},
        )
    ),
)


def records(families: frozenset[str]) -> Iterator[Record]:
    """Yield what was trained on the tasks of the calibration split with these models, raw features left out."""
    for task in tasks():
        if task.split == "calibration" and not task.raw and facts_of(task).model.family in families:
            yield read(task)


def _places(calibration: Calibration) -> Iterator[tuple[Record, Pair]]:
    for record in records(calibration.families):
        yield from ((record, pair) for pair in record.useful if pair.optimizer in calibration.optimizers)


def _landscapes(calibration: Calibration) -> Iterator[Cell]:
    for record, pair in _places(calibration):
        task, found = record.task, record.of(pair)
        facts = facts_of(task, pair)
        shift = Feature("plan.batch_smoothness", 1.0).log(facts) if calibration.over_smoothness else 0.0
        cost = curve(found.rates, found.means, shift=shift)
        yield Cell(SAME_SOURCE.get(task.data, task.data), _features(calibration.law, facts, pair), cost)


def _features(law: Law, facts: Facts, pair: Pair) -> dict[str, float]:
    return {name: _flag(name, facts, pair) if name in FLAGS else FEATURES[name].log(facts) for name in law.published}


def _flag(name: str, facts: Facts, pair: Pair) -> float:
    return float(facts.data.task in TASKS[name] if name in TASKS else name in {pair.schedule, pair.optimizer})


def _tuned(law: Law) -> Iterator[Cell]:
    """Yield tuned rates of tables; a tenth of the squared log distance stands for the log excess loss."""
    base = load_rules()
    with TUNED.open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["split"] == "calibration" and row["method"] == "mlp"]
    for row in rows:
        stated = {
            "model.family": "mlp",
            "model.convex": False,
            "data.modality": "tabular",
            "data.rows": int(row["rows"]),
            "plan.batch_size": int(row["batch"]),
            "model.depth": int(row["depth"]),
            "model.width": int(row["width"]),
            "plan.early_stopping": True,
            "plan.optimizer": "adamw",
            "plan.schedule": "constant",
        }
        epochs = infer(with_facts(Facts(), stated), base).epochs
        facts = with_facts(Facts(), {**stated, "plan.epochs": epochs})
        cost = np.minimum(0.1 * (GRID - math.log(float(row["rate"]))) ** 2, WORST)
        yield Cell(row["dataset"], _features(law, facts, Pair("adamw", "constant")), cost)
