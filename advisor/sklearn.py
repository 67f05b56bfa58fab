"""Networks of scikit-learn that ask for their learning rate when they are fitted."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import LabelEncoder, StandardScaler
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from advisor.facts import DataFacts, Plan
from advisor.facts.names import Budget
from advisor.inspection import inspect
from advisor.pipeline import advise, recommend
from advisor.recipe.sklearn_params import set_params


class _AdvisedNetwork(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """What both have in common: standardised features, and a network with the advised parameters."""

    def __init__(
        self,
        hidden_layer_sizes: tuple[int, ...] = (64,),
        *,
        activation: str = "relu",
        solver: str = "adam",
        alpha: float = 1e-4,
        batch_size: int | str = "auto",
        max_iter: int = 100,
        budget: Budget | float = "quick",
        random_state: int | None = 0,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.budget = budget
        self.random_state = random_state

    def _fit(self, network: Any, x: np.ndarray, y: np.ndarray, *, classes: int | None, target: np.ndarray) -> Self:
        self.scaler_ = StandardScaler().fit(x)
        scaled = self.scaler_.transform(x)
        self.recommendation_ = self._recommendation(network, scaled, y, classes)
        self.network_ = set_params(self.recommendation_, network)
        batch = self.network_.batch_size
        if isinstance(batch, int):
            self.network_.set_params(batch_size=min(batch, len(x)))
        self.network_.fit(scaled, target)
        self.n_iter_ = self.network_.n_iter_
        return self

    def _recommendation(self, network: Any, x: np.ndarray, y: np.ndarray, classes: int | None) -> Any:
        seed = self.random_state if isinstance(self.random_state, int) else 0
        if self.budget != "none":
            loss = "mse" if classes is None else "cross_entropy"
            self.advice_ = advise(network, (x.astype(np.float32), y), loss, budget=self.budget, seed=seed)
            return self.advice_.recommendation
        task = "regression" if classes is None else "binary" if classes == 2 else "multiclass"
        data = DataFacts(rows=len(x), encoded_features=x.shape[1], task=task)
        model = inspect(network, data=data, inputs=x.shape[1], outputs=classes or 1)
        from advisor.inspection.sklearn_models import plan_hints  # noqa: PLC0415 - only without trials

        return recommend(data, model, plan_hints(network, rows=len(x)) or Plan())

    def _settings(self) -> dict[str, Any]:
        return {
            "hidden_layer_sizes": self.hidden_layer_sizes,
            "activation": self.activation,
            "solver": self.solver,
            "alpha": self.alpha,
            "batch_size": self.batch_size,
            "max_iter": self.max_iter,
            "random_state": self.random_state,
        }

    def _scaled(self, x: Any) -> np.ndarray:
        check_is_fitted(self)
        checked: np.ndarray = self.scaler_.transform(validate_data(self, x, reset=False, dtype=np.float64))
        return checked


class AdvisedMLPClassifier(ClassifierMixin, _AdvisedNetwork):  # type: ignore[misc]  # scikit-learn has no types
    """``MLPClassifier`` on standardised features, with the learning rate that advisor finds for the data.

    Args:
        hidden_layer_sizes: as of ``MLPClassifier``, and so are the others down to ``max_iter``.
        activation: of the hidden layers.
        solver: ``adam`` or ``sgd``.
        alpha: L2 penalty.
        batch_size: rows per step.
        max_iter: passes over the rows.
        budget: how much is trained to check the advice; ``none``: by the rules alone, in milliseconds.
        random_state: seed.
    """

    def fit(self, X: Any, y: Any) -> Self:
        """Find the learning rate, and train the network with it."""
        x, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        encoder = LabelEncoder().fit(y)
        self.classes_ = encoder.classes_
        if len(self.classes_) < 2:
            raise ValueError(f"y holds one class, {self.classes_[0]!r}; at least two classes are needed")
        codes = encoder.transform(y)
        network = MLPClassifier(**self._settings())
        return self._fit(network, x, codes, classes=len(self.classes_), target=y)

    def predict(self, X: Any) -> Any:
        """Return the likeliest class of every row."""
        scaled = self._scaled(X)
        return self.network_.predict(scaled)

    def predict_proba(self, X: Any) -> Any:
        """Return the probability of every class, shape (rows, classes)."""
        scaled = self._scaled(X)
        return self.network_.predict_proba(scaled)


class AdvisedMLPRegressor(RegressorMixin, _AdvisedNetwork):  # type: ignore[misc]  # scikit-learn has no types
    """``MLPRegressor`` on a standardised table; see ``AdvisedMLPClassifier``."""

    def fit(self, X: Any, y: Any) -> Self:
        """Find the learning rate, and train the network with it."""
        x, y = validate_data(self, X, y, dtype=np.float64, y_numeric=True)
        self.mean_, self.std_ = float(np.mean(y)), float(np.std(y)) or 1.0
        target = (y - self.mean_) / self.std_
        network = MLPRegressor(**self._settings())
        return self._fit(network, x, target.astype(np.float32), classes=None, target=target)

    def predict(self, X: Any) -> Any:
        """Return the prediction of every row, in the unit of the target."""
        scaled = self._scaled(X)
        return self.network_.predict(scaled) * self.std_ + self.mean_
