"""scikit-learn estimators: facts, hints and twins, against scikit-learn's own arithmetic."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge, SGDClassifier, SGDRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from advisor.errors import ModelError
from advisor.facts import DataFacts, TargetFacts
from advisor.inspection import inspect
from advisor.inspection.sklearn_models import l2_penalty, plan_hints, torch_twin
from advisor.inspection.torch_modules import inspect_module

DATA = DataFacts(rows=400, encoded_features=7, target=TargetFacts(classes=3))


@pytest.mark.parametrize(
    ("estimator", "family"),
    [
        (LinearRegression(), "linear"),
        (Ridge(), "linear"),
        (SGDRegressor(), "linear"),
        (LogisticRegression(), "logistic"),
        (SGDClassifier(loss="log_loss"), "logistic"),
        (MLPClassifier(hidden_layer_sizes=()), "logistic"),
    ],
)
def test_linear_estimators(estimator, family) -> None:
    facts = inspect(estimator, data=DATA)
    assert (facts.family, facts.convex, facts.depth, facts.parameters) == (family, True, 0, 8 * 3)
    assert facts.name == type(estimator).__name__


@pytest.mark.parametrize("activation", ["relu", "tanh", "logistic", "identity"])
@pytest.mark.parametrize("sizes", [(64, 32), (50,), 40, np.array([30, 20])], ids=str)
def test_facts_of_a_network_are_those_of_its_twin(activation, sizes) -> None:
    estimator = MLPClassifier(hidden_layer_sizes=sizes, activation=activation)
    said = inspect(estimator, data=DATA)
    found = inspect_module(torch_twin(estimator, inputs=7, outputs=3))
    for field in ("family", "depth", "width", "parameters", "inputs", "outputs", "activation", "residual", "dropout"):
        assert getattr(said, field) == getattr(found, field), field
    assert said.init_gain == pytest.approx(found.init_gain, rel=0.15)
    assert said.init_gain_min == pytest.approx(found.init_gain_min, rel=0.15)


@pytest.mark.parametrize("activation", ["relu", "logistic"])
def test_a_twin_starts_where_scikit_learn_starts(activation) -> None:
    """Same bounds and spread as the weights that a barely trained network holds."""
    x, y = np.random.default_rng(0).normal(size=(50, 30)), np.arange(50) % 3
    estimator = MLPClassifier(
        hidden_layer_sizes=(80,), activation=activation, max_iter=1, learning_rate_init=1e-12, random_state=0
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        estimator.fit(x, y)
    twin = torch_twin(estimator, inputs=30, outputs=3)
    for theirs, layer in zip(estimator.coefs_, [twin[0], twin[2]], strict=True):
        ours = layer.weight.detach().numpy()
        assert np.abs(ours).max() == pytest.approx(np.abs(theirs).max(), rel=0.05)
        assert ours.std() == pytest.approx(theirs.std(), rel=0.1)


def test_twins_leave_the_random_state_alone_and_follow_the_seed() -> None:
    before = torch.get_rng_state()
    one, two, other = (torch_twin(MLPRegressor(), inputs=4, outputs=1, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(before, torch.get_rng_state())
    assert torch.equal(one[0].weight, two[0].weight)
    assert not torch.equal(one[0].weight, other[0].weight)
    assert not torch_twin(Ridge(), inputs=4, outputs=1).weight.any()


@pytest.mark.parametrize("alpha", [0.3, 5.0, 80.0])
def test_ridge_solves_torchs_loss_with_the_stated_penalty(alpha) -> None:
    """The gradient of mean squared error + λ/2·|w|² vanishes at scikit-learn's solution."""
    generator = np.random.default_rng(1)
    x, y = generator.normal(size=(60, 5)), generator.normal(size=60)
    solved = Ridge(alpha=alpha, fit_intercept=False).fit(x, y)
    penalty = l2_penalty(solved, 60)
    w = torch.tensor(solved.coef_, requires_grad=True)
    loss = (torch.from_numpy(x) @ w - torch.from_numpy(y)).square().mean() + penalty / 2 * w.square().sum()
    assert torch.autograd.grad(loss, w)[0].abs().max() < 1e-10


@pytest.mark.parametrize("c", [0.05, 1.0, 20.0])
def test_logistic_regression_solves_torchs_loss_with_the_stated_penalty(c) -> None:
    generator = np.random.default_rng(2)
    x, y = generator.normal(size=(80, 5)), generator.integers(0, 2, 80)
    solved = LogisticRegression(C=c, fit_intercept=False, tol=1e-12, max_iter=10_000).fit(x, y)
    penalty = l2_penalty(solved, 80)
    w = torch.tensor(solved.coef_[0], requires_grad=True)
    logits = torch.from_numpy(x) @ w
    target = torch.from_numpy(y).double()
    loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, target) + penalty / 2 * w.square().sum()
    assert torch.autograd.grad(loss, w)[0].abs().max() < 1e-5


def test_penalties_of_the_others() -> None:
    assert l2_penalty(SGDClassifier(alpha=0.01), None) == 0.01
    assert l2_penalty(SGDRegressor(alpha=0.01), None) == 0.02
    assert l2_penalty(SGDClassifier(alpha=0.01, penalty="l1"), None) == 0.0
    assert l2_penalty(SGDClassifier(alpha=0.01, penalty="elasticnet", l1_ratio=0.25), None) == pytest.approx(0.0075)
    assert l2_penalty(LogisticRegression(C=np.inf), 10) == 0.0
    assert l2_penalty(LogisticRegression(), None) is None
    assert l2_penalty(LinearRegression(), None) == 0.0
    assert l2_penalty(MLPClassifier(alpha=0.4), 1_000) == pytest.approx(0.4 / 200)
    assert l2_penalty(MLPClassifier(alpha=0.4), None) is None


def test_hints_of_networks() -> None:
    plan = plan_hints(MLPClassifier(solver="sgd", momentum=0.8, batch_size=32, max_iter=70, learning_rate_init=0.02))
    assert (plan.optimizer, plan.momentum, plan.nesterov, plan.batch_size, plan.epochs) == ("sgd", 0.8, True, 32, 70)
    assert (plan.reference_learning_rate, plan.reference_batch_size, plan.learning_rate) == (0.02, 32, None)
    plan = plan_hints(MLPRegressor(beta_2=0.99))
    assert (plan.optimizer, plan.beta1, plan.beta2, plan.batch_size, plan.epochs) == ("adam", 0.9, 0.99, None, 200)
    assert plan.reference_learning_rate is None
    assert plan_hints(MLPRegressor(), rows=90).batch_size == 90
    assert plan_hints(MLPRegressor(), rows=9_000).batch_size == 200
    assert plan_hints(MLPRegressor(solver="lbfgs")).optimizer is None


def test_hints_of_linear_models_and_pipelines() -> None:
    plan = plan_hints(make_pipeline(StandardScaler(), SGDRegressor(eta0=0.2, max_iter=30)))
    assert (plan.optimizer, plan.batch_size, plan.epochs, plan.reference_learning_rate) == ("sgd", 1, 30, 0.2)
    assert plan_hints(SGDClassifier(eta0=0.2)).reference_learning_rate is None  # the schedule "optimal" ignores eta0
    assert plan_hints(LogisticRegression()).model_dump(exclude_none=True) == {}


def test_pipelines_say_whether_they_scale() -> None:
    scaled = inspect(make_pipeline(StandardScaler(), PolynomialFeatures(), Ridge()), data=DATA)
    assert (scaled.name, scaled.notes) == ("Ridge", ("The pipeline standardises the features before Ridge.",))
    assert "does not standardise" in inspect(make_pipeline(PolynomialFeatures(), Ridge()), data=DATA).notes[0]
    assert "hinge" in inspect(SGDClassifier(), data=DATA).notes[0]


def test_a_fitted_estimator_knows_its_sizes() -> None:
    x, y = np.random.default_rng(0).normal(size=(40, 6)), np.arange(40) % 4
    facts = inspect(LogisticRegression().fit(x, y))
    assert (facts.inputs, facts.outputs, facts.parameters) == (6, 4, 28)
    assert inspect(LogisticRegression()).parameters is None


def test_derived_classes_count_as_what_they_derive_from() -> None:
    class Mine(Ridge):
        pass

    assert inspect(Mine(), data=DATA).family == "linear"


@pytest.mark.parametrize("estimator", [KMeans(), StandardScaler(), make_pipeline(StandardScaler(), KMeans())])
def test_other_estimators_are_refused_with_a_list(estimator) -> None:
    with pytest.raises(ModelError, match=r"SGDClassifier.*Pipeline"):
        inspect(estimator)
