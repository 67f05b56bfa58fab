"""What preparation ends in: facts, and how to train short copies once batch size and length are known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from advisor.errors import PlanError
from advisor.facts import Facts, ModelFacts
from advisor.results import ParameterGroup, Recommendation, Remark, TableJob

if TYPE_CHECKING:
    from advisor.training.deadline import Deadline
    from advisor.training.job import Job

# What the user fixed for their own model says nothing about the linear one.
_FREE_OF_THE_MODEL = {
    "optimizer": None,
    "schedule": None,
    "learning_rate": None,
    "momentum": None,
    "weight_decay": None,
}


@dataclass(frozen=True, slots=True)
class LinearModel:
    """The linear model of the same rows, which the user's model is compared with.

    Attributes:
        name: its preset.
        facts: of the model.
        make: makes one, drawn by torch's own seed.
    """

    name: str
    facts: ModelFacts
    make: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Prepared:
    """Facts, and how to train short copies once batch size and length are known.

    Attributes:
        facts: of data, model and plan.
        source_name: of the data, without a path.
        model_name: for reports.
        model: a module, or a function that makes one.
        train: (x, y) arrays, or samples.
        validation: held-out data in the user's own form; None: trainings hold some out themselves.
        loss: "mse", "cross_entropy", "model" or a function of (model, batch).
        seed: of everything drawn.
        linear: the linear model of the same rows; None where it is no comparison.
        notes: what the user should know about how the data were read.
        groups: of the user's own optimizer.
        own_rate: learning rate that the user trains with now; None: not known.
        proxy: width → a narrower copy of the model, which is trained in its place, or the share of the data that is
            trained on; None: the model is trained on all of them.
        table: how to read the table and build the model again; None: the data are samples.
        positions: of the rows of ``train`` in the source, from 0; None: not known.
        counted_from: what its owner calls the first row of the source, 0 or 1; None: positions are those of a part.
        interrupted: the user wants no check any more.
    """

    facts: Facts
    source_name: str
    model_name: str
    model: Any
    train: Any
    validation: Any
    loss: str | Callable[..., Any]
    seed: int
    linear: LinearModel | None = None
    notes: tuple[Remark, ...] = ()
    groups: tuple[ParameterGroup, ...] = ()
    own_rate: float | None = None
    proxy: Callable[[int], Any] | float | None = None
    table: TableJob | None = None
    positions: Sequence[int] | None = None
    counted_from: int | None = None
    interrupted: bool = False

    def job(self, recommendation: Recommendation, deadline: Deadline | None = None) -> Job:
        """Return the training job of a recommendation, which ends by a deadline; None: by none.

        Raises:
            PlanError: the length of the run is not known.
        """
        from advisor.training.job import make_job  # noqa: PLC0415 - imports torch, which a table does not need

        if recommendation.batch_size is None or recommendation.total_steps is None:
            raise PlanError("the length of the run is not known; give epochs and batch_size, or steps, in the plan")
        return make_job(
            self.model,
            self.train,
            self.loss,
            validation=self.validation,
            batch_size=recommendation.batch_size,
            total_steps=recommendation.total_steps,
            seed=self.seed,
            accumulation=self.facts.plan.accumulation or 1,
            precision=self.facts.plan.precision,
            deadline=deadline,
            time_order=self._time_order(),
            row_numbers=self._row_numbers(),
            counted_from=self.counted_from,
        )

    def _time_order(self) -> list[int] | None:
        """Return the rows of ``train``, the earliest first; empty: as they stand; None: in no order of time."""
        order = self.facts.data.time_order
        if order is None:
            return None
        positions = self.positions if self.positions is not None else ()
        rows = sorted(range(len(positions)), key=lambda row: int(positions[row]))
        return rows if order == "ascending" else rows[::-1]

    def _row_numbers(self) -> list[int] | None:
        """Return the number of each row of ``train`` as its owner counts them; None: not known."""
        if self.positions is None or self.counted_from is None:
            return None
        return [int(position) + self.counted_from for position in self.positions]

    def linear_baseline(self) -> Prepared | None:
        """Return the same rows with a linear model; None when that is no comparison."""
        if self.linear is None:
            return None
        facts = self.facts.model_copy(
            update={"model": self.linear.facts, "plan": self.facts.plan.model_copy(update=_FREE_OF_THE_MODEL)}
        )
        return replace(
            self,
            facts=facts,
            model=self.linear.make,
            model_name=self.linear.name,
            linear=None,
            groups=(),
            own_rate=None,
            proxy=None,
        )
