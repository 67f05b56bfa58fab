"""scikit-learn: parameters that an estimator can follow, refusals with a line to write, and advised networks."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_wine
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge, SGDClassifier, SGDRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

import advisor
from advisor.errors import ModelError, PlanError
from advisor.facts import DataFacts, ModelFacts, Plan
from advisor.inspection.sklearn_models import plan_hints
from advisor.sklearn import AdvisedMLPClassifier, AdvisedMLPRegressor

ROWS = DataFacts(rows=500, encoded_features=9, task="multiclass")


def advice_for(estimator: object, **plan: object) -> advisor.Recommendation:
    model = advisor.inspect(estimator, data=ROWS, inputs=9, outputs=3)
    hints = {name: value for name, value in dict(plan_hints(estimator, rows=500)).items() if value is not None}
    return advisor.recommend(ROWS, model, Plan(**{**hints, **plan}))


@pytest.mark.parametrize("solver", ["adam", "sgd"])
@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
def test_a_network_gets_what_it_can_follow(kind: type, solver: str) -> None:
    rec = advice_for(kind(solver=solver, max_iter=33))
    assert rec.schedule == "constant"
    params = rec.set_params(kind(max_iter=7)).get_params()
    assert params["learning_rate_init"] == rec.learning_rate
    assert (params["solver"], params["max_iter"], params["batch_size"]) == (solver, 33, 200)
    assert params["learning_rate"] == "constant"
    if solver == "adam":
        assert (params["beta_1"], params["beta_2"]) == (rec.beta1, rec.beta2)


def test_the_last_step_of_a_pipeline_is_set() -> None:
    pipeline = make_pipeline(StandardScaler(), MLPClassifier())
    rec = advice_for(pipeline)
    assert rec.set_params(pipeline) is pipeline
    assert pipeline[-1].learning_rate_init == rec.learning_rate
    assert clone(pipeline)[-1].learning_rate_init == rec.learning_rate


def test_sgd_gets_its_rate() -> None:
    estimator = SGDClassifier(loss="log_loss", max_iter=20)
    rec = advice_for(estimator)
    found = rec.set_params(estimator)
    assert (found.eta0, found.learning_rate, found.max_iter) == (rec.learning_rate, "constant", 20)


@pytest.mark.parametrize(
    ("estimator", "said"),
    [
        (LogisticRegression(), "write SGDClassifier(loss='log_loss')"),
        (Ridge(), "write SGDRegressor(penalty='l2')"),
        (LinearRegression(), "write SGDRegressor()"),
        (MLPClassifier(solver="lbfgs"), "write MLPClassifier(solver='adam')"),
        (SGDClassifier(), "write SGDClassifier(loss='log_loss')"),
        (SGDRegressor(loss="huber"), "write SGDRegressor(loss='squared_error')"),
    ],
    ids=str,
)
def test_what_has_no_rate_or_another_loss_is_refused_with_the_line_to_write(estimator: object, said: str) -> None:
    rec = advisor.recommend(ROWS, ModelFacts(family="mlp"), Plan(optimizer="sgd", schedule="constant"))
    with pytest.raises(PlanError) as refused:
        rec.set_params(estimator)
    assert said in str(refused.value)


def test_a_schedule_or_an_optimizer_that_it_lacks_is_refused() -> None:
    model = ModelFacts(family="mlp")
    with pytest.raises(PlanError, match="cannot follow a cosine schedule"):
        advisor.recommend(ROWS, model, Plan(schedule="cosine")).set_params(MLPClassifier())
    with pytest.raises(PlanError, match="has no AdamW; write"):
        advisor.recommend(ROWS, model, Plan(schedule="constant", optimizer="adamw")).set_params(MLPClassifier())
    with pytest.raises(PlanError, match="has SGD only"):
        advisor.recommend(ROWS, model, Plan(schedule="constant", optimizer="adam")).set_params(SGDRegressor())
    with pytest.raises(ModelError, match="is not supported; give one of"):
        advisor.recommend(ROWS, model).set_params(StandardScaler())


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")  # of few epochs
@pytest.mark.parametrize("kind", [AdvisedMLPClassifier, AdvisedMLPRegressor])
def test_advised_networks_are_estimators(kind: type) -> None:
    check_estimator(kind(hidden_layer_sizes=(16,), max_iter=60, budget="none"), on_skip=None)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")  # of few epochs
def test_advised_networks_learn() -> None:
    x, y = load_wine(return_X_y=True)
    names = np.array(["red", "rosé", "white"])[y]
    found = AdvisedMLPClassifier(max_iter=30).fit(x[::2], names[::2])
    assert found.score(x[1::2], names[1::2]) > 0.9
    assert found.advice_.recommendation == found.recommendation_
    assert found.network_.learning_rate_init == found.recommendation_.learning_rate
    x, y = load_diabetes(return_X_y=True)
    assert AdvisedMLPRegressor(max_iter=20).fit(x, y).score(x, y) > 0.4
