"""A recommendation as torch objects and as a script."""

from __future__ import annotations

import pickle

import pytest
import torch
from torch import nn

from advisor.errors import ModelError, PlanError
from advisor.facts.names import OPTIMIZERS, SCHEDULES
from advisor.recipe.code import snippet
from advisor.recipe.optimizers import OPTIMIZER_INFO
from advisor.recipe.schedules import curve_of
from advisor.recipe.torch_objects import build, parameter_groups
from advisor.results import Interval, Recommendation

BUILDABLE = ["sgd", "adagrad", "rmsprop", "adam", "adamw", "adafactor"]


def recommendation(**changes: object) -> Recommendation:
    base = {
        "learning_rate": 0.02,
        "interval": Interval(lower=0.01, upper=0.04),
        "optimizer": "adamw",
        "schedule": "cosine",
        "warmup_fraction": 0.1,
        "weight_decay": 0.05,
        "total_steps": 30,
        "clip_norm": 1.0,
        "batch_size": 16,
    }
    return Recommendation.model_validate({**base, **changes})


def model() -> nn.Module:
    return nn.Sequential(nn.Linear(8, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 1))


def test_every_name_has_an_entry() -> None:
    assert tuple(OPTIMIZER_INFO) == OPTIMIZERS
    for info in OPTIMIZER_INFO.values():
        assert (info.torch_class is None) != (info.package is None)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_scheduler_follows_the_pure_function(schedule: str) -> None:
    rec = recommendation(schedule=schedule)
    optimizer, scheduler = build(rec, model())
    expected = curve_of(rec)
    for step in range(30):
        assert optimizer.param_groups[0]["lr"] == pytest.approx(expected(step), abs=1e-12)
        optimizer.step()
        scheduler.step()


@pytest.mark.parametrize("name", BUILDABLE)
def test_settings_reach_the_optimizer(name: str) -> None:
    optimizer, _ = build(recommendation(optimizer=name, momentum=0.8, beta1=0.85, beta2=0.95), model())
    group = optimizer.param_groups[0]
    assert type(optimizer).__name__ == OPTIMIZER_INFO[name].torch_class
    if name in {"adam", "adamw"}:
        assert group["betas"] == (0.85, 0.95)
    if name == "rmsprop":
        assert (group["alpha"], group["momentum"]) == (0.95, 0.8)
    if name == "sgd":
        assert (group["momentum"], group["nesterov"]) == (0.8, True)


def test_plain_sgd_has_no_nesterov() -> None:
    group = build(recommendation(optimizer="sgd", momentum=0.0), model())[0].param_groups[0]
    assert (group["momentum"], group["nesterov"]) == (0.0, False)


def test_norms_and_biases_are_not_decayed() -> None:
    net = model()
    decayed, rest = parameter_groups(net, 0.05)
    assert [tuple(p.shape) for p in decayed["params"]] == [(32, 8), (1, 32)]
    assert rest["weight_decay"] == 0.0
    assert sum(len(group["params"]) for group in (decayed, rest)) == len(list(net.parameters()))


def test_frozen_parameters_are_left_out_and_tied_ones_appear_once() -> None:
    net = nn.Sequential(nn.Embedding(10, 4), nn.Linear(4, 10))
    net[1].weight = net[0].weight
    net[1].bias.requires_grad_(False)
    (group,) = parameter_groups(net, 0.1)
    assert len(group["params"]) == 1
    net[0].weight.requires_grad_(False)
    with pytest.raises(ModelError, match="no trainable parameters"):
        parameter_groups(net, 0.1)


def test_state_survives_saving() -> None:
    rec = recommendation()
    optimizer, scheduler = build(rec, model())
    for _ in range(7):
        optimizer.step()
        scheduler.step()
    saved = pickle.loads(pickle.dumps(scheduler.state_dict()))  # noqa: S301
    again, fresh = build(rec, model())
    again.load_state_dict(optimizer.state_dict())
    fresh.load_state_dict(saved)
    fresh.step()
    assert again.param_groups[0]["lr"] == pytest.approx(curve_of(rec)(8))


def test_what_torch_lacks_is_named_with_its_package() -> None:
    with pytest.raises(PlanError, match="prodigyopt"):
        build(recommendation(optimizer="prodigy"), model())
    with pytest.raises(PlanError, match="total_steps"):
        build(recommendation(total_steps=None), model())


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("name", BUILDABLE)
def test_the_snippet_runs_and_draws_the_same_curve(name: str, schedule: str) -> None:
    rec = recommendation(optimizer=name, schedule=schedule, total_steps=12)
    text = snippet(rec).replace(
        "        scheduler.step()", "        rates.append(optimizer.param_groups[0]['lr'])\n        scheduler.step()"
    )
    space: dict[str, object] = {"rates": []}
    exec(compile(text, "snippet.py", "exec"), space)  # noqa: S102
    assert space["rates"] == pytest.approx([curve_of(rec)(step) for step in range(12)], rel=1e-4, abs=1e-9)
    assert "import advisor" not in text
    assert isinstance(space["model"], torch.nn.Module)


@pytest.mark.parametrize("name", sorted(set(OPTIMIZERS) - set(BUILDABLE)))
def test_the_snippet_of_other_optimizers_is_valid_python(name: str) -> None:
    compile(snippet(recommendation(optimizer=name)), "snippet.py", "exec")
