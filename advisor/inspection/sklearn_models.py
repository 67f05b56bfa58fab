"""scikit-learn estimators: their facts, what they say about the plan, and a torch twin to train."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from advisor.errors import ModelError
from advisor.facts import DataFacts, ModelFacts, Plan
from advisor.facts.names import OptimizerName

if TYPE_CHECKING:
    from torch import nn

LINEAR = {"SGDRegressor", "LinearRegression", "Ridge"}
LOGISTIC = {"SGDClassifier", "LogisticRegression"}
MLP = {"MLPClassifier", "MLPRegressor"}
SUPPORTED = (*sorted(LINEAR), *sorted(LOGISTIC), *sorted(MLP), "Pipeline (its last step)")


def last_step(estimator: Any) -> Any:
    """Return the estimator itself, or the last step of a pipeline.

    Raises:
        ModelError: not one of the supported estimators.
    """
    while hasattr(estimator, "steps"):
        estimator = estimator.steps[-1][1]
    if type(estimator).__name__ not in LINEAR | LOGISTIC | MLP:
        raise ModelError(
            f"{type(estimator).__name__} has no learning rate that advisor knows; it takes {', '.join(SUPPORTED)}"
        )
    return estimator


def scales(estimator: Any) -> bool:
    """Return whether a pipeline standardises its features before the last step."""
    steps = [type(step).__name__ for _, step in getattr(estimator, "steps", [])]
    return any(name.endswith("Scaler") for name in steps[:-1])


def inspect_estimator(
    estimator: Any, *, data: DataFacts | None = None, inputs: int | None = None, outputs: int | None = None
) -> ModelFacts:
    """Return the facts of an estimator, whether fitted or not.

    Raises:
        ModelError: not one of the supported estimators.
    """
    final = last_step(estimator)
    name = type(final).__name__
    inputs = inputs or (data.encoded_features if data else None)
    outputs = outputs or (data.target.classes if data else None) or 1
    if name in MLP:
        widths = _widths(final)
        parameters = _mlp_parameters((inputs, *widths, outputs)) if inputs else None
        return ModelFacts(
            name=name,
            family="mlp",
            convex=False,
            depth=len(widths),
            width=max(widths, default=0),
            parameters=parameters,
            trainable_parameters=parameters,
            inputs=inputs,
            outputs=outputs,
            activation={"logistic": "sigmoid", "identity": "none"}.get(final.activation, final.activation),
            normalization="none",
            residual=False,
            dropout=0.0,
            l2=float(final.alpha),
            initialization="xavier",
        )
    return ModelFacts(
        name=name,
        family="linear" if name in LINEAR else "logistic",
        convex=True,
        depth=0,
        width=0,
        parameters=(inputs + 1) * outputs if inputs else None,
        trainable_parameters=(inputs + 1) * outputs if inputs else None,
        inputs=inputs,
        outputs=outputs,
        activation="none",
        normalization="none",
        l2=_l2(final, data.rows if data else None),
    )


def plan_hints(estimator: Any) -> Plan:
    """Return what an estimator's own settings say about the plan: epochs, batch size, optimizer, momentum."""
    final = last_step(estimator)
    name = type(final).__name__
    if name in MLP:
        solver: OptimizerName | None = {"adam": "adam", "sgd": "sgd"}.get(final.solver)  # type: ignore[assignment]
        batch = final.batch_size if isinstance(final.batch_size, int) else None
        momentum = float(final.momentum) if solver == "sgd" else None
        return Plan(epochs=float(final.max_iter), batch_size=batch, optimizer=solver, momentum=momentum)
    if name.startswith("SGD"):
        return Plan(epochs=float(final.max_iter), batch_size=1, optimizer="sgd", momentum=0.0)
    return Plan()


def torch_twin(estimator: Any, *, inputs: int, outputs: int, seed: int = 0) -> nn.Module:
    """Build the torch module that an estimator trains, initialised as scikit-learn does.

    Raises:
        ModelError: not one of the supported estimators.
    """
    from advisor.inspection.torch_presets import build_preset
    from advisor.inspection.torch_twins import glorot_mlp

    final = last_step(estimator)
    if type(final).__name__ in MLP:
        return glorot_mlp(inputs, _widths(final), outputs, activation=final.activation, seed=seed)
    return build_preset("linear", inputs=inputs, outputs=outputs, seed=seed)


def _widths(final: Any) -> tuple[int, ...]:
    sizes = final.hidden_layer_sizes
    return (int(sizes),) if isinstance(sizes, int) else tuple(int(size) for size in sizes)


def _mlp_parameters(sizes: tuple[int, ...]) -> int:
    return sum((before + 1) * after for before, after in zip(sizes, sizes[1:], strict=False))


def _l2(final: Any, rows: int | None) -> float | None:
    """Return the L2 penalty per sample, in the form loss + alpha/2 · ||w||²."""
    name = type(final).__name__
    if name == "LogisticRegression":
        return 1.0 / (final.C * rows) if rows and final.C else None
    if name == "Ridge":
        return float(final.alpha) / rows if rows else None
    return float(getattr(final, "alpha", 0.0))
