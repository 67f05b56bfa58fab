"""A recommendation as torch objects."""

from __future__ import annotations

import copy
import inspect
import pickle

import pytest
import torch
from torch import nn

from advisor.catalogue.optimizers import OPTIMIZER_INFO
from advisor.errors import ModelError, PlanError
from advisor.facts.names import SCHEDULES
from advisor.recipe.optimizers import arguments, settings_of
from advisor.recipe.schedules import curve_of
from advisor.recipe.torch_objects import build
from advisor.recipe.torch_parameters import decayed_names, parameter_groups
from advisor.results import Interval, Recommendation

BUILDABLE = ["sgd", "adagrad", "rmsprop", "adam", "adamw", "adafactor"]
ELSEWHERE = ["lion", "lamb", "lars", "schedule_free_adamw", "prodigy"]


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
    for name in ELSEWHERE:
        with pytest.raises(PlanError, match=f"pip install {OPTIMIZER_INFO[name].package}"):
            build(recommendation(optimizer=name), model())


def test_a_run_without_length_is_refused() -> None:
    with pytest.raises(PlanError, match="total_steps"):
        build(recommendation(total_steps=None), model())
    with pytest.raises(PlanError, match="at least one step"):
        build(recommendation(), model(), total_steps=0)


def test_documented_settings_are_torchs_but_for_the_founding_ones() -> None:
    """Registry against the signatures of torch; what differs on purpose is listed here."""
    on_purpose = {("sgd", "momentum"), ("sgd", "nesterov"), ("rmsprop", "alpha")}
    for name in BUILDABLE:
        signature = inspect.signature(getattr(torch.optim, OPTIMIZER_INFO[name].torch_class)).parameters
        for keyword, value in arguments(settings_of(recommendation(optimizer=name))).items():
            assert keyword in signature
            assert (signature[keyword].default == value) == ((name, keyword) not in on_purpose), (name, keyword)


def test_the_registry_is_frozen() -> None:
    with pytest.raises(TypeError):
        OPTIMIZER_INFO["adam"].settings["beta1"] = 0.5  # type: ignore[index]
    for info in OPTIMIZER_INFO.values():
        assert info.title
        assert info.update
        assert info.source


class Block(nn.Module):
    """A norm over images, a two-dimensional bias and a positional table."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.LayerNorm((3, 4, 4))
        self.convolution = nn.Conv2d(3, 5, 3)
        self.position = nn.Parameter(torch.zeros(7, 5))
        self.bias_k = nn.Parameter(torch.zeros(1, 1, 5))
        self.words = nn.Embedding(11, 5)


def test_norms_of_any_rank_and_biases_of_any_rank_are_not_decayed() -> None:
    assert decayed_names(Block()) == {"convolution.weight", "position", "words.weight"}


def test_lazy_modules_and_other_objects_are_refused() -> None:
    with pytest.raises(ModelError, match="one batch"):
        build(recommendation(), nn.Sequential(nn.LazyLinear(3)))
    with pytest.raises(ModelError, match="no torch module"):
        build(recommendation(), [nn.Parameter(torch.zeros(2))])  # type: ignore[arg-type]


def test_state_survives_torch_save(tmp_path) -> None:
    rec = recommendation(schedule="one_cycle")
    optimizer, scheduler = build(rec, model())
    for _ in range(3):
        optimizer.step()
        scheduler.step()
    torch.save({"optimizer": optimizer.state_dict(), "scheduler": scheduler.state_dict()}, tmp_path / "state.pt")
    saved = torch.load(tmp_path / "state.pt", weights_only=True)
    again, fresh = build(rec, model())
    again.load_state_dict(saved["optimizer"])
    fresh.load_state_dict(saved["scheduler"])
    assert fresh.get_last_lr() == scheduler.get_last_lr()
    assert again.param_groups[0]["lr"] == pytest.approx(curve_of(rec)(3))


def train(net: nn.Module, optimizer, scheduler, steps: int) -> None:
    source = torch.Generator().manual_seed(1)
    for _ in range(steps):
        optimizer.zero_grad()
        net(torch.randn(4, 6, generator=source)).square().mean().backward()
        optimizer.step()
        scheduler.step()


def deep() -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 2))


def test_muon_takes_hidden_matrices_and_adamw_the_rest() -> None:
    """Step by step equal to the two torch optimizers side by side."""
    rec = recommendation(optimizer="muon", weight_decay=0.01)
    ours, twin = deep(), deep()
    optimizer, scheduler = build(rec, ours)
    train(ours, optimizer, scheduler, 9)
    matrices = [twin[0].weight, twin[2].weight]
    muon = torch.optim.Muon(matrices, lr=0.02, momentum=0.95, weight_decay=0.01)
    adamw = torch.optim.AdamW(
        [
            {"params": [twin[4].weight], "weight_decay": 0.01},
            {"params": [twin[0].bias, twin[2].bias, twin[4].bias], "weight_decay": 0.0},
        ],
        lr=0.0003,
    )
    source = torch.Generator().manual_seed(1)
    for step in range(9):
        for group in (*muon.param_groups, *adamw.param_groups):
            group["lr"] = curve_of(rec)(step) * (1.0 if group in muon.param_groups else 0.015)
        muon.zero_grad()
        adamw.zero_grad()
        twin(torch.randn(4, 6, generator=source)).square().mean().backward()
        muon.step()
        adamw.step()
    for mine, theirs in zip(ours.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs)


def test_muon_keeps_its_place_through_state_and_copies() -> None:
    rec = recommendation(optimizer="muon")
    one, two = deep(), deep()
    first, first_scheduler = build(rec, one)
    train(one, first, first_scheduler, 4)
    two.load_state_dict(one.state_dict())
    second, second_scheduler = build(rec, two)
    second.load_state_dict(copy.deepcopy(first.state_dict()))
    second_scheduler.load_state_dict(first_scheduler.state_dict())
    train(one, first, first_scheduler, 4)
    train(two, second, second_scheduler, 4)
    for mine, theirs in zip(one.parameters(), two.parameters(), strict=True):
        assert torch.equal(mine, theirs)
    net, optimizer = copy.deepcopy((one, first))
    net(torch.ones(1, 6)).sum().backward()
    before = [parameter.clone() for parameter in net.parameters()]
    optimizer.step()
    assert not all(torch.equal(a, b) for a, b in zip(before, net.parameters(), strict=True))


def test_muon_without_hidden_matrices_is_refused() -> None:
    with pytest.raises(PlanError, match="no hidden weight matrix"):
        build(recommendation(optimizer="muon"), nn.Linear(3, 2))


def test_a_step_clips_and_moves_on() -> None:
    """The same weights as from a loop written by hand, and a rate that stays where the run ended."""
    rec = recommendation(clip_norm=0.05, optimizer="sgd", schedule="cosine")
    ours, twin = deep(), deep()
    built = build(rec, ours)
    optimizer, scheduler = build(rec, twin)
    source = torch.Generator().manual_seed(1)
    for _ in range(30):
        batch = torch.randn(4, 6, generator=source)
        norm = built.step(ours(batch).square().mean())
        twin(batch).square().mean().backward()
        assert norm == torch.nn.utils.clip_grad_norm_(twin.parameters(), 0.05)
        optimizer.step()
        scheduler.step()
        optimizer.zero_grad()
    assert all(torch.equal(mine, theirs) for mine, theirs in zip(ours.parameters(), twin.parameters(), strict=True))
    assert (built.optimizer, built.scheduler) == tuple(built)
    for _ in range(3):
        built.step(ours(batch).square().mean())
    assert built.optimizer.param_groups[0]["lr"] == pytest.approx(curve_of(rec)(29), abs=1e-15)


def test_a_step_without_clipping_leaves_gradients_alone() -> None:
    built = build(
        recommendation(clip_norm=None, optimizer="sgd", momentum=0.0, schedule="constant", weight_decay=0),
        net := nn.Linear(1, 1),
    )
    before = net.weight.detach().clone()
    norm = built.step(1e4 * net(torch.ones(1, 1)).sum())
    assert norm == pytest.approx(1e4 * 2**0.5)
    assert net.weight.detach() - before == pytest.approx(-0.02 / 4 * 1e4, rel=1e-4)
