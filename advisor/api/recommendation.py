"""A recommendation that builds torch objects, writes code and explains itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from advisor import results
from advisor.border import checks_input
from advisor.language import speaking
from advisor.torch_package import require_torch

if TYPE_CHECKING:
    from torch import nn
    from torch.optim import Optimizer
    from torch.optim.lr_scheduler import LRScheduler

    from advisor.recipe.configurations import Tool
    from advisor.recipe.table_program import Framework
    from advisor.recipe.torch_objects import BuiltTraining


class Recommendation(results.Recommendation):
    """What to train with. ``learning_rate`` is the schedule's peak; None settings do not apply to the optimizer."""

    @classmethod
    def of(cls, data: results.Recommendation) -> Recommendation:
        """Return the same data with the conveniences; nothing is validated again."""
        return cls.model_construct(data.model_fields_set, **dict(data))

    @checks_input
    def learning_rate_at(self, step: int, total_steps: int | None = None) -> float:
        """Return the learning rate of optimizer step ``step`` (from 0) of a run of ``total_steps``."""
        from advisor.recipe.schedules import curve_of

        return curve_of(self, total_steps)(step)

    @checks_input
    def build(self, model: nn.Module, total_steps: int | None = None) -> BuiltTraining:
        """Return a stock torch optimizer and a scheduler to step after every optimizer step.

        The result unpacks to this pair; its ``step(loss)`` goes backward, clips as recommended, steps both and clears
        the gradients.

        Args:
            model: the module to train; norms and biases get no weight decay.
            total_steps: optimizer steps of the whole run; None takes the plan's.

        Raises:
            PlanError: neither gives the number of steps, or torch has no such optimizer.
            PackageError: torch cannot be used.
        """
        require_torch("building an optimizer")
        from advisor.recipe.torch_objects import build

        return build(self, model, total_steps)

    @checks_input
    def apply(self, optimizer: Optimizer, total_steps: int | None = None) -> LRScheduler:
        """Set the learning rates of your own optimizer, the ratios of its groups kept, and return a scheduler for it.

        Raises:
            PlanError: another kind of optimizer than recommended, or the number of steps is unknown.
            PackageError: torch cannot be used.
        """
        require_torch("setting an optimizer")
        from advisor.recipe.torch_groups import apply

        return apply(self, optimizer, total_steps)

    def set_params(self, estimator: Any) -> Any:
        """Set what was recommended on a scikit-learn estimator or pipeline, and return it.

        Raises:
            ModelError: another estimator than ``MLPClassifier``, ``MLPRegressor``, ``SGDClassifier``, ``SGDRegressor``.
            PlanError: it cannot do what was recommended; the message holds the line to write instead.
        """
        from advisor.recipe.sklearn_params import set_params

        return set_params(self, estimator)

    def fit_one_cycle(self) -> dict[str, Any]:
        """Return keyword arguments for ``fit_one_cycle`` of a fastai Learner: length, rates, decay, clipping.

        The Learner's own optimizer is kept; ``Learner(opt_func=advisor.fastai.opt_func(recommendation))`` has the
        recommended one.

        Raises:
            PlanError: another schedule than one cycle, or an optimizer without momentum.
        """
        from advisor.recipe.fit_one_cycle_arguments import fit_one_cycle_arguments

        return fit_one_cycle_arguments(self)

    def suggest(self, trial: Any) -> Recommendation:
        """Return the recommendation with the rate that a trial of Optuna picks from its 90 % interval.

        ``study.enqueue_trial(recommendation.first_try())`` makes the advice itself the first trial.
        """
        from advisor.recipe.search_space import suggest

        return Recommendation.of(suggest(self, trial))

    def first_try(self) -> dict[str, float]:
        """Return the parameters of the advice for ``study.enqueue_trial``."""
        from advisor.recipe.search_space import first_try

        return first_try(self)

    def flat(self) -> dict[str, float | int | str]:
        """Return flat parameters for ``mlflow.log_params`` or ``wandb.config.update``."""
        from advisor.recipe.search_space import flat

        return flat(self)

    def configuration(self, tool: Tool) -> str:
        """Return flags or YAML for ``timm``, ``ultralytics``, ``torchtune``, ``axolotl`` or ``trl``.

        Raises:
            PlanError: an unknown tool, or one that cannot do what was recommended.
        """
        from advisor.recipe.configurations import configuration

        return configuration(self, tool)

    @checks_input
    def snippet(self, framework: Framework = "torch") -> str:
        """Return runnable code for this recommendation, without advisor."""
        from advisor.recipe.code import snippet

        return snippet(self, framework)

    @checks_input
    def explain(self, *, lang: str | None = None) -> str:
        """Return the way from facts to number as plain text.

        Args:
            lang: ``en`` or ``ko``; None: English, or what ``advisor.language.speaking`` says.
        """
        from advisor.reporting.text.advice import explain

        with speaking(lang):
            return explain(self)

    def _repr_html_(self) -> str:
        from advisor.reporting.html.tables import recommendation_table

        return recommendation_table(self)
