"""fastai: a Learner is advised by its own batches and loss, trains as advised, and is watched."""

from __future__ import annotations

import warnings
from functools import partial
from itertools import pairwise

import fastai.callback.schedule  # noqa: F401 - gives Learner fit_one_cycle
import numpy as np
import pytest
import torch
from fastai.callback.core import Callback
from fastai.data.core import DataLoaders
from fastai.data.load import DataLoader
from fastai.learner import Learner
from fastai.losses import CrossEntropyLossFlat
from fastai.optimizer import SGD, Adam, Lamb, OptimWrapper
from torch import nn

import advisor
import advisor.fastai
from advisor.errors import ModelError, PlanError
from advisor.recipe.optimizers import arguments, settings_of

pytestmark = pytest.mark.filterwarnings("ignore")


class Rates(Callback):
    """Keeps the rate of every step, of every group."""

    order = 70

    def before_fit(self) -> None:
        self.seen, self.momenta = [], []

    def after_batch(self) -> None:
        if self.training:
            self.seen.append([hyper["lr"] for hyper in self.opt.hypers])
            self.momenta.append(self.opt.hypers[-1]["mom"])


def learner(**settings: object) -> Learner:
    draw = torch.Generator().manual_seed(0)
    x = torch.randn(320, 6, generator=draw)
    y = (x[:, 0] * x[:, 1] > 0).long()
    rows = list(zip(x, y, strict=True))
    loaders = DataLoaders(DataLoader(rows[:256], bs=32, shuffle=True, drop_last=True), DataLoader(rows[256:], bs=64))
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(6, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 2))
    return Learner(loaders, net, loss_func=CrossEntropyLossFlat(), **settings)


@pytest.fixture(autouse=True)
def quiet() -> None:
    torch.manual_seed(0)


def fitted(learn: Learner, train) -> Rates:
    rates = Rates()
    learn.add_cb(rates)
    with learn.no_bar(), learn.no_logging():
        train()
    return rates


def test_a_learner_is_advised_on_its_own_batches_and_left_alone() -> None:
    learn = learner()
    before = {name: value.clone() for name, value in learn.model.state_dict().items()}
    order = learn.dls.train.rng.getstate()
    advice = advisor.fastai.advise(learn, epochs=6)
    assert all(torch.equal(value, before[name]) for name, value in learn.model.state_dict().items())
    assert learn.dls.train.rng.getstate() == order
    rec = advice.recommendation
    assert (rec.optimizer, rec.schedule, rec.total_steps, rec.batch_size) == ("adamw", "one_cycle", 48, 32)
    assert (rec.beta1, rec.beta2, rec.weight_decay) == pytest.approx((0.9, 0.99, 0.01))
    assert advice.verdict.trials
    assert advice.verdict.held_out_loss < 0.69


def test_fit_one_cycle_draws_the_advised_curve_within_a_step() -> None:
    learn = learner()
    advice = advisor.fastai.advise(learn, epochs=6, budget="none")
    rates = fitted(learn, lambda: learn.fit_one_cycle(**advice.fit_one_cycle()))
    theirs = [pair[0] for pair in rates.seen]
    ours = [advice.recommendation.learning_rate_at(step) for step in range(48)]
    steepest = max(abs(a - b) for a, b in pairwise(ours))
    assert len(theirs) == 48
    assert max(abs(a - b) for a, b in zip(ours, theirs, strict=True)) <= 1.05 * steepest
    assert max(theirs) == pytest.approx(advice.recommendation.learning_rate, rel=0.01)
    assert set(rates.momenta) == {0.9}


@pytest.mark.parametrize("schedule", ["cosine", "constant", "one_cycle"])
def test_apply_draws_any_curve_exactly(schedule: str) -> None:
    learn = learner(opt_func=SGD)
    plan = advisor.Plan(schedule=schedule, optimizer="sgd", momentum=0.9, clip_norm=1.0)
    advice = advisor.fastai.advise(learn, epochs=3, budget="none", plan=plan)
    advisor.fastai.apply(learn, advice)
    advisor.fastai.apply(learn, advice)  # the second time replaces the first
    assert sum(type(callback).__name__ == "GradientClip" for callback in learn.cbs) == 1
    rates = fitted(learn, lambda: learn.fit(3))
    ours = [advice.recommendation.learning_rate_at(step) for step in range(24)]
    assert [pair[0] for pair in rates.seen] == pytest.approx(ours)
    assert learn.opt.hypers[0]["mom"] == 0.9


def test_groups_keep_their_ratio() -> None:
    def splitter(model: nn.Module) -> list[list[nn.Parameter]]:
        return [list(model[:2].parameters()), list(model[3].parameters())]

    learn = learner(splitter=splitter, lr=slice(1e-4, 1e-3))
    advice = advisor.fastai.advise(learn, epochs=2, budget="none")
    assert [group.rate_factor for group in advice.recommendation.groups] == pytest.approx([0.1, 1.0])
    rates = fitted(learn, lambda: learn.fit_one_cycle(**advice.fit_one_cycle()))
    assert [pair[0] / pair[1] for pair in rates.seen] == pytest.approx([0.1] * 16)
    advisor.fastai.apply(learn, advice)
    rates = fitted(learn, lambda: learn.fit(2))
    assert [pair[0] / pair[1] for pair in rates.seen] == pytest.approx([0.1] * 16)


@pytest.mark.parametrize("optimizer", ["adamw", "adam", "sgd"])
def test_its_own_optimizers_step_as_those_of_torch(optimizer: str) -> None:
    plan = advisor.Plan(optimizer=optimizer, weight_decay=0.01, steps=10)
    rec = advisor.recommend(plan=plan)
    weights = [nn.Parameter(torch.full((3,), 0.5)) for _ in range(2)]
    theirs = advisor.fastai.opt_func(rec)([weights[0]], lr=0.01)
    ours = {"adamw": torch.optim.AdamW, "adam": torch.optim.Adam, "sgd": torch.optim.SGD}[optimizer](
        [weights[1]],
        lr=0.01,
        weight_decay=0.01,
        **arguments(settings_of(rec)),
    )
    for step in range(10):
        for weight, optimizer_ in zip(weights, (theirs, ours), strict=True):
            weight.grad = torch.tensor([1.0, -0.5, 0.1]) * (step + 1)
            optimizer_.step()
    assert weights[0].detach().numpy() == pytest.approx(weights[1].detach().numpy(), rel=1e-4)


def test_a_wrapped_optimizer_is_kept_and_an_unknown_one_is_refused() -> None:
    wrapped = learner(opt_func=partial(OptimWrapper, opt=torch.optim.RMSprop))
    assert advisor.fastai.advise(wrapped, epochs=1, budget="none").recommendation.optimizer == "rmsprop"
    assert advisor.fastai.advise(learner(opt_func=Adam), epochs=1, budget="none").recommendation.optimizer == "adamw"
    with pytest.raises(PlanError, match="give optimizer="):
        advisor.fastai.advise(learner(opt_func=Lamb), epochs=1)
    named = advisor.fastai.advise(learner(opt_func=Lamb), epochs=1, budget="none", optimizer="adam")
    assert named.recommendation.optimizer == "adam"


def test_what_cannot_be_done_names_the_line_to_write() -> None:
    with pytest.raises(ModelError, match=r"advisor\.fastai\.advise\(learn"):
        advisor.advise(learner(), (np.zeros((4, 6)), np.zeros(4)), "cross_entropy", epochs=1)
    advice = advisor.fastai.advise(learner(), epochs=1, budget="none", plan=advisor.Plan(schedule="cosine"))
    with pytest.raises(PlanError, match=r"advisor\.fastai\.apply\(learn, advice\)"):
        advice.fit_one_cycle()


def test_the_guard_stops_a_lost_run_and_sees_the_held_out_loss() -> None:
    guard, learn = advisor.fastai.GuardCallback(on_problem="stop"), learner()
    learn.add_cb(guard)
    own = learn.loss_func
    learn.loss_func = lambda *parts: own(*parts) * (float("nan") if learn.training and learn.train_iter > 20 else 1.0)
    with learn.no_bar(), learn.no_logging(), warnings.catch_warnings():
        warnings.filterwarnings("error", message="You are shadowing an attribute")
        learn.fit(20, 1e-3)
    assert learn.advisor_guard is guard
    assert learn.train_iter <= 22
    assert guard.guard.problems[0].symptom == "nonfinite"
    assert len(guard.guard._monitor.held_out) == 2
