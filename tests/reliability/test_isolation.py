"""Whatever is called with whatever is handed over: the state before is the state after, bit for bit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

import advisor
from advisor.errors import AdvisorError
from advisor.training.sources import samples_of

from .objects import CASES, Case, state_of


def advise(case: Case, **settings: Any) -> Any:
    stated = {"epochs": 1, "batch_size": 16, "optimizer": "adamw", "schedule": "constant", **settings}
    return advisor.advise(case.model, case.train, case.loss, **stated)


def read(case: Case) -> Any:
    return samples_of(case.train)


def look(case: Case) -> Any:
    return advisor.inspect(case.model)


ENTRIES: dict[str, Callable[[Case], Any]] = {
    "inspect": look,
    "samples": read,
    "budget none": lambda case: advise(case, budget="none"),
    "trials": lambda case: advise(case, budget="quick"),
    "an optimizer of one's own": lambda case: advise(
        case, budget="quick", optimizer=torch.optim.SGD(case.model.parameters(), lr=0.1)
    ),
}
KNOWN = {
    ("trials", "pruned"): "cannot be copied",
    ("inspect", "lazy"): "lazy layers",
    ("inspect", "factory with a shared body"): "a function cannot be inspected",
}


@pytest.mark.slow
@pytest.mark.parametrize("entry", ENTRIES)
@pytest.mark.parametrize("name", CASES)
def test_nothing_is_left_behind(name: str, entry: str, caplog: pytest.LogCaptureFixture) -> None:
    case = CASES[name]()
    if entry == "an optimizer of one's own" and not (
        isinstance(case.model, nn.Module) and name in {"gradients", "batch norm", "hooks that record", "tied weights"}
    ):
        pytest.skip("the optimizer adds nothing here")
    before = state_of(case)
    try:
        ENTRIES[entry](case)
    except AdvisorError as error:
        assert KNOWN.get((entry, name), "never") in str(error)  # noqa: PT017 - most cases raise nothing
    after = state_of(case)
    changed = [part for part, value in before.items() if after[part] != value]
    assert not changed


def test_no_seed_is_left_for_an_accelerator_that_is_not_in_use() -> None:
    left = len(torch.cuda._queued_calls)
    rows = torch.randn(64, 3)
    advisor.advise(nn.Linear(3, 1), (rows, rows[:, :1]), "mse", epochs=1, batch_size=16, budget="quick")
    assert len(torch.cuda._queued_calls) == left
