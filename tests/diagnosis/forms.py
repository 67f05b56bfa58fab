"""Forms of logs as templates, one for each line that is printed, and what is read in them.

The values are what a person reads in them, whatever the form: a run of six epochs of five logged steps.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from advisor.diagnosis import read_history
from advisor.diagnosis.history import Series
from advisor.diagnosis.objective import objective_of
from advisor.errors import DataError
from advisor.facts import DataFacts, ModelFacts

EPOCHS, BATCHES = 6, 5
TRAIN = [round(0.4 + 2.0 * math.exp(-i / 10.0), 4) for i in range(EPOCHS * BATCHES)]
TESTED = [round(0.5 + 2.0 * math.exp(-i / 2.0), 4) for i in range(EPOCHS)]
STEPS = [10.0 * (i + 1) for i in range(EPOCHS * BATCHES)]
EPOCH = [float(i + 1) for i in range(EPOCHS)]
NONE: Final = "not checked"
"""The form does not tell, or tells more than one thing."""


@dataclass(frozen=True)
class Run:
    """What is logged: training losses, held-out losses by epoch, and how many logged steps an epoch has."""

    losses: Sequence[float]
    tested: Sequence[float]
    batches: int


@dataclass(frozen=True)
class Form:
    """A form of log and what is read in it.

    Attributes:
        each: lines of a logged step, or of an epoch where ``per_epoch``.
        starts, ends: lines before and after an epoch.
        head, tail: lines around all.
        per_epoch: there is one training loss for each epoch.
        held, rate, at, epochs, objective: expected held-out loss (whether there is one), rate, positions (None: the
            steps), epochs and code of the objective.
        refused: what the message says where the log is refused.
        losses_told: there is one row for each loss, so that they can be compared one by one.
        scale: what printed losses are multiplied by.
        name: of the file.
    """

    each: Sequence[str] = ()
    ends: Sequence[str] = ()
    head: Sequence[str] = ()
    tail: Sequence[str] = ()
    starts: Sequence[str] = ()
    per_epoch: bool = False
    held: bool | Literal["not checked"] = True
    rate: float | Literal["not checked"] | None = 0.001
    at: Sequence[float] | Literal["not checked"] | None = None
    epochs: float | Literal["not checked"] | None = None
    name: str = "train.log"
    objective: str | None = None
    refused: str | None = None
    losses_told: bool = True
    scale: float = 1.0

    @property
    def losses(self) -> Sequence[float]:
        return TRAIN[:EPOCHS] if self.per_epoch else TRAIN

    def text(self, run: Run | None = None) -> str:
        run = run or Run(self.losses, TESTED, BATCHES)
        lines = list(self.head)
        for index, loss in enumerate(run.losses):
            epoch, batch = (index, run.batches - 1) if self.per_epoch else divmod(index, run.batches)
            values = fields(run, epoch, batch, loss)
            if self.per_epoch or batch == 0:
                lines += [line.format(**values) for line in self.starts]
            lines += [line.format(**values) for line in self.each]
            if batch == run.batches - 1:
                lines += [line.format(**values) for line in self.ends]
        return "\n".join([*lines, *self.tail])


def fields(run: Run, epoch: int, batch: int, loss: float) -> dict[str, Any]:
    """Return what templates name; a 0 at the end counts from 0."""
    index, tested = epoch * run.batches + batch, run.tested[epoch]
    counts = {"epoch": epoch + 1, "epoch0": epoch, "batch": 10 * (batch + 1), "batch0": 10 * batch, "i": index}
    counts |= {"step": 10 * (index + 1), "step0": 10 * index, "last": 10 * (index + 1) - 1}
    shares = {"frac": round((index + 1) / run.batches, 2), "pct": round(100 * (index + 1) / len(run.losses), 2)}
    commas = {"comma": str(loss).replace(".", ","), "heldcomma": str(tested).replace(".", ",")}
    commas |= {"kilo": loss, "nextstep": 10 * (index + 1) + 1}
    parts = {
        "heldpart": round(tested * 0.25, 5),
        "heldrest": round(tested * 0.75, 5),
        "part": round(loss * 0.25, 5),
        "rest": round(loss * 0.75, 5),
    }
    return {"loss": loss, "held": tested, "acc": round(0.3 + 0.02 * index, 4), **counts, **shares, **commas, **parts}


def broken_forms(forms: Mapping[str, Form]) -> list[str]:
    """Return the forms in which a run whose losses turn NaN can be told: not those refused or with a fixed end."""
    return [
        name for name, form in forms.items() if not form.refused and "f0," not in form.text() and not _resumed(form)
    ]


def _resumed(form: Form) -> bool:
    return any(str(loss) in line for line in form.tail for loss in TRAIN)


def is_broken_at_the_end(path: Path, form: Form) -> bool:
    """Return whether the end of a run whose losses turn NaN is read as NaN."""
    losses = [*form.losses[:5], *([math.nan] * (len(form.losses) - 5))]
    path.write_text(form.text(Run(losses, TESTED, 1 if form.per_epoch else BATCHES)), encoding="utf-8")
    log = read_history(path)
    series = [item for item in (log.loss, *log.others) if item is not None and len(item)]
    return any(math.isnan(item.values[-1]) for item in series)


def values(series: Series | None) -> list[float]:
    return [] if series is None else [round(float(value), 4) for value in series.values]


def found(path: Path, form: Form) -> dict[str, Any]:
    """Return what is read in a file, as far as the form tells it."""
    try:
        log = read_history(path)
    except DataError as error:
        return {"refused": form.refused if form.refused and form.refused in str(error) else str(error)}
    objective = objective_of(log.names, DataFacts(), ModelFacts())
    read = {
        "loss": values(log.loss),
        "held": values(log.validation_loss),
        "rate": sorted(set(values(log.learning_rate))),
        "at": log.watched.at.tolist(),
        "epochs": log.epochs,
        "objective": objective.code if objective else None,
    }
    return {name: value for name, value in read.items() if name in expected(form)}


def expected(form: Form) -> dict[str, Any]:
    """Return what a person reads in a form."""
    if form.refused is not None:
        return {"refused": form.refused}
    told = {
        "loss": [round(form.scale * loss, 4) for loss in form.losses]
        if form.losses_told and form.objective != "policy"
        else NONE,
        "held": NONE if form.held == NONE else TESTED if form.held else [],
        "rate": NONE if form.rate == NONE else [form.rate] if form.rate else [],
        "at": STEPS if form.at is None else form.at if form.at == NONE else list(form.at),
        "epochs": form.epochs,
        "objective": form.objective,
    }
    return {name: value for name, value in told.items() if value != NONE}
