"""Printed code runs, draws the same curve and builds the same optimizer."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

import advisor
from advisor.catalogue.schedule_curve import multiplier
from advisor.errors import PlanError
from advisor.facts.names import OPTIMIZERS, SCHEDULES
from advisor.recipe.code import FRAMEWORKS, program_of, programs, snippet
from advisor.recipe.code_parts import constants_code, multiplier_code
from advisor.recipe.schedules import curve_of
from advisor.recipe.torch_objects import build
from advisor.results import Interval, Recommendation

EXAMPLES = Path(__file__).parents[2] / "examples"
STOCK = ["sgd", "adagrad", "rmsprop", "adam", "adamw", "adafactor", "muon"]


def recommendation(**changes: object) -> Recommendation:
    base = {
        "learning_rate": 0.0123456789,
        "interval": Interval(lower=0.01, upper=0.04),
        "optimizer": "adamw",
        "schedule": "cosine",
        "warmup_fraction": 0.1,
        "weight_decay": 0.05,
        "total_steps": 12,
        "clip_norm": 1.0,
        "batch_size": 16,
    }
    return Recommendation.model_validate({**base, **changes})


def run(text: str) -> dict[str, object]:
    """Execute a script that also writes down the learning rate of every optimizer step."""
    marked = text.replace("optimizer.step()", "rates.append(optimizer.param_groups[0]['lr']); optimizer.step()", 1)
    space: dict[str, object] = {"rates": []}
    with torch.random.fork_rng(devices=[]):
        exec(compile(marked, "snippet.py", "exec"), space)  # noqa: S102
    return space


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("name", STOCK)
def test_the_script_runs_and_draws_the_same_curve(name: str, schedule: str) -> None:
    rec = recommendation(optimizer=name, schedule=schedule)
    text = snippet(rec)
    space = run(text)
    assert space["rates"] == pytest.approx([curve_of(rec)(step) for step in range(12)], rel=5e-6, abs=1e-12)
    assert "advisor" not in text


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize(("total", "warmup"), [(1, 0.0), (1, 1.0), (2, 0.5), (2, 1.0), (37, 0.0), (37, 0.3), (5, 1.0)])
@pytest.mark.parametrize("final", [None, 0.0, 0.25])
def test_the_printed_function_is_the_pure_function(schedule, total, warmup, final) -> None:
    rec = recommendation(schedule=schedule, total_steps=total, warmup_fraction=warmup, final_fraction=final)
    space: dict[str, object] = {}
    exec(f"import math\n{constants_code(rec, own_schedule=True)}\n{multiplier_code(rec)}", space)  # noqa: S102
    expected = [multiplier(schedule, s, total, warmup_fraction=warmup, final_fraction=final) for s in range(total + 2)]
    assert [space["multiplier"](s) for s in range(total + 2)] == pytest.approx(expected, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("name", STOCK[:-1])
def test_the_script_builds_the_optimizer_that_build_builds(name: str) -> None:
    rec = recommendation(optimizer=name, momentum=0.8, beta1=0.85, beta2=0.95)
    space = run(snippet(rec))
    built, _ = build(rec, space["model"])
    theirs = space["optimizer"]
    assert type(built) is type(theirs)
    for mine, printed in zip(built.param_groups, theirs.param_groups, strict=True):
        assert [id(p) for p in mine["params"]] == [id(p) for p in printed["params"]]
        same = set(mine) - {"params", "lr", "initial_lr"}
        assert {key: mine[key] for key in same} == {key: printed[key] for key in same}


def test_muon_in_the_script_takes_the_matrices_that_build_gives_it() -> None:
    rec = recommendation(optimizer="muon")
    space = run(snippet(rec))
    built, _ = build(rec, space["model"])
    printed = [*space["optimizer"].param_groups, *space["adamw"].param_groups]
    assert [[id(p) for p in g["params"]] for g in built.param_groups] == [[id(p) for p in g["params"]] for g in printed]
    assert [g["weight_decay"] for g in built.param_groups] == [g["weight_decay"] for g in printed]
    assert [g["initial_lr"] for g in built.param_groups] == pytest.approx([g["initial_lr"] for g in printed], rel=1e-5)


def test_clipping_stands_in_the_loop_only_when_asked_for() -> None:
    assert "clip_grad_norm_(model.parameters(), 0.5)" in snippet(recommendation(clip_norm=0.5))
    assert "clip" not in snippet(recommendation(clip_norm=None))


def test_an_unknown_length_is_marked() -> None:
    assert "TOTAL_STEPS = 1000  # optimizer steps of the whole run (put your own" in snippet(
        recommendation(total_steps=None)
    )


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_every_script_is_valid_python_or_refused_with_a_reason(name, framework) -> None:
    rec = recommendation(optimizer=name)
    lacking = {
        "torch": set(),
        "lightning": {"muon"},
        "huggingface": {"muon"},
        "keras": {"muon", "lars", "schedule_free_adamw", "prodigy"},
        "sklearn": set(OPTIMIZERS) - {"sgd", "adam"},
    }
    if framework == "sklearn":
        with pytest.raises(PlanError, match="cannot follow a cosine schedule"):
            snippet(rec, framework)
        rec = recommendation(optimizer=name, schedule="constant")
    if name in lacking[framework]:
        with pytest.raises(PlanError, match="write advisor" if framework == "sklearn" else "take the torch program"):
            snippet(rec, framework)
        return
    text = snippet(rec, framework)
    compile(text, "snippet.py", "exec")
    assert "pip install" in text or name in STOCK or framework in {"keras", "sklearn"}


def test_an_unknown_framework_is_refused() -> None:
    with pytest.raises(PlanError, match="did you mean 'lightning'"):
        snippet(recommendation(), "lighning")  # type: ignore[arg-type]


def test_the_stand_in_model_learns_something() -> None:
    """A script whose loop forgets a step, a gradient or the data would leave the weights where they were."""
    space = run(snippet(recommendation(schedule="constant", warmup_fraction=0.0)))
    assert isinstance(space["model"], nn.Module)
    moments = [state["exp_avg"].abs().sum() for state in space["optimizer"].state.values()]
    assert len(moments) == 6
    assert all(moment > 0 for moment in moments)


@pytest.mark.parametrize("framework", ["torch", "lightning"])
def test_an_averaging_optimizer_is_told_that_training_begins(framework) -> None:
    assert "optimizer.train()" in snippet(recommendation(optimizer="schedule_free_adamw"), framework)
    assert "optimizer.train()" not in snippet(recommendation(optimizer="adamw"), framework)


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_programs_are_those_of_every_framework_that_has_the_optimizer(optimizer: str) -> None:
    plan = advisor.Plan(optimizer=optimizer, epochs=2)
    advice = advisor.advise("mlp:8,8", EXAMPLES / "fuel_economy.csv", target="hwy", plan=plan, budget="none")
    found = programs(advice)
    assert next(iter(found)) == "torch"
    assert found == {name: program_of(advice, name) for name in found}
    for lacking in set(FRAMEWORKS) - set(found):
        with pytest.raises(PlanError):
            program_of(advice, lacking)
    assert ("lightning" in found) == (optimizer == "adamw")
