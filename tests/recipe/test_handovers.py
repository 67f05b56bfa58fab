"""Flags, YAML, tuners and trackers: what a tool can say is said, and what it cannot is refused."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
import yaml

from advisor.api.recommendation import Recommendation
from advisor.errors import PlanError
from advisor.facts.names import OPTIMIZERS, SCHEDULES
from advisor.recipe.configurations import TOOLS, configuration
from advisor.results import Interval


def recommendation(**changes: object) -> Recommendation:
    base = {
        "learning_rate": 0.00012345678,
        "interval": Interval(lower=1e-5, upper=1e-3),
        "optimizer": "adamw",
        "schedule": "cosine",
        "warmup_fraction": 0.1,
        "weight_decay": 0.05,
        "total_steps": 500,
        "epochs": 20,
        "clip_norm": 1.0,
        "batch_size": 16,
    }
    return Recommendation.model_validate({**base, **changes})


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_every_tool_says_it_or_refuses_with_what_to_ask(tool: str, optimizer: str, schedule: str) -> None:
    try:
        text = configuration(recommendation(optimizer=optimizer, schedule=schedule), tool)
    except PlanError as refused:
        assert "ask again with" in str(refused)  # noqa: PT017
        assert (optimizer, schedule) != ("adamw", "cosine")
        return
    assert "0.000123457" in text


def test_fragments_are_yaml_with_numbers() -> None:
    found = {tool: yaml.safe_load(recommendation().configuration(tool)) for tool in TOOLS if tool != "timm"}
    assert found["ultralytics"]["lr0"] == pytest.approx(0.000123457)
    assert (found["ultralytics"]["cos_lr"], found["ultralytics"]["warmup_epochs"]) == (True, 2.0)
    assert found["torchtune"]["optimizer"]["_component_"] == "torch.optim.AdamW"
    assert found["torchtune"]["lr_scheduler"]["num_warmup_steps"] == 50
    assert (found["axolotl"]["micro_batch_size"], found["axolotl"]["lr_scheduler"]) == (16, "cosine")
    assert (found["trl"]["max_grad_norm"], found["trl"]["warmup_steps"]) == (1.0, 50)
    tiny = yaml.safe_load(recommendation(learning_rate=1e-5).configuration("trl"))
    assert isinstance(tiny["learning_rate"], float)


def test_flags_of_timm() -> None:
    flags = recommendation().configuration("timm").strip().removeprefix("--").split(" --")
    said = dict(flag.split(" ", maxsplit=1) for flag in flags)
    assert said["lr"] == "0.000123457"
    assert (said["epochs"], said["warmup-epochs"], said["clip-grad"]) == ("18", "2", "1")


def test_an_unknown_tool_is_refused() -> None:
    with pytest.raises(PlanError, match="did you mean 'torchtune'"):
        recommendation().configuration("torchtun")  # type: ignore[arg-type]


class Trial:
    def suggest_float(self, name: str, low: float, high: float, *, log: bool) -> float:
        assert (name, low, high, log) == ("learning_rate", 1e-5, 1e-3, True)
        return 7e-4


def test_a_trial_picks_from_the_interval() -> None:
    picked = recommendation().suggest(Trial())
    assert (picked.learning_rate, picked.optimizer) == (7e-4, "adamw")
    assert isinstance(picked, Recommendation)
    assert recommendation().first_try() == {"learning_rate": 0.00012345678}


def test_flat_parameters_are_plain_values() -> None:
    found = recommendation().flat()
    assert all(isinstance(value, int | float | str) for value in found.values())
    assert (found["optimizer"], found["learning_rate_upper"], found["clip_norm"]) == ("adamw", 1e-3, 1.0)


def one_cycle_of_fastai(position: float, lr_max: float, div: float, div_final: float, pct_start: float) -> float:
    """fastai 2.8, ``callback/schedule.py``: ``combined_cos(pct_start, lr_max/div, lr_max, lr_max/div_final)``."""
    start, end, share = lr_max / div, lr_max, position / pct_start
    if position >= pct_start:
        start, end, share = lr_max, lr_max / div_final, (position - pct_start) / (1 - pct_start)
    return start + (1 + math.cos(math.pi * (1 - share))) * (end - start) / 2


@pytest.mark.parametrize("final", [None, 0.01])
def test_fit_one_cycle_of_fastai_draws_our_curve_within_a_step(final: float | None) -> None:
    rec = recommendation(schedule="one_cycle", total_steps=100, final_fraction=final, clip_norm=None)
    arguments = rec.fit_one_cycle()
    moms, decay = arguments.pop("moms"), arguments.pop("wd")
    assert (arguments.pop("n_epoch"), decay, moms) == (20, 0.05, (0.9, 0.9, 0.9))
    theirs = [one_cycle_of_fastai(step / 100, **arguments) for step in range(100)]
    ours = [rec.learning_rate_at(step, 100) for step in range(100)]
    steepest = max(abs(a - b) for a, b in pairwise(ours))
    assert max(abs(a - b) for a, b in zip(ours, theirs, strict=True)) <= 1.05 * steepest


def test_fit_one_cycle_refuses_other_curves_and_optimizers_without_momentum() -> None:
    with pytest.raises(PlanError, match=r"learn\.fit\(epochs\)"):
        recommendation(schedule="cosine").fit_one_cycle()
    with pytest.raises(PlanError, match="ask again with optimizer='adamw'"):
        recommendation(schedule="one_cycle", optimizer="adagrad").fit_one_cycle()
