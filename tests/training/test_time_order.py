"""Rows in the order of time: the latest are held out, in trials, verdict and program."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

import advisor
from advisor.errors import DataError
from advisor.training.data_split import ordered_split
from advisor.training.sources import samples_of

PLAN = {"budget": "quick", "optimizer": "adamw", "schedule": "cosine", "epochs": 2}


@pytest.mark.parametrize(
    "order", [None, list(range(50)), list(range(50))[::-1], np.random.default_rng(0).permutation(50)]
)
def test_no_sample_trains_that_is_later_than_one_held_out(order: list[int] | None) -> None:
    split = ordered_split(samples_of(torch.arange(50)), order)
    places = {row: place for place, row in enumerate(range(50) if order is None else order)}
    trained, held = split.rest[0].tolist(), split.parts[0].tree.tolist()
    assert len(held) == 10
    assert sorted([*trained, *held]) == list(range(50))
    assert max(places[row] for row in trained) < min(places[row] for row in held)
    assert {split.part(seed) for seed in range(7)} == {0}
    assert split.held[0].tolist() == held


def test_ready_batches_are_held_out_from_the_end() -> None:
    batches = [torch.full((size, 1), float(size)) for size in range(2, 12)]
    held = ordered_split(samples_of([*batches, torch.zeros(3, 2)])).parts[0]
    assert [len(batch) for batch in held.batches] == [11, 3]


def test_too_few_samples_are_refused() -> None:
    with pytest.raises(DataError, match="too few"):
        ordered_split(samples_of(torch.arange(4)))


@pytest.mark.parametrize("ascending", [True, False])
def test_a_series_holds_out_its_end_and_so_does_its_program(ascending: bool, tmp_path: Path) -> None:
    drawn = np.random.default_rng(0)
    days = pd.date_range("2020-01-01", periods=100, freq="D").astype(str)
    frame = pd.DataFrame({"day": days, "a": drawn.normal(size=100)}).assign(
        y=lambda table: table.a + drawn.normal(size=100)
    )
    frame = frame if ascending else frame[::-1]
    path = tmp_path / "series.csv"
    frame.to_csv(path, index=False)
    advice = advisor.advise("linear", path, target="y", **PLAN)
    assert advice.facts.data.time_order == ("ascending" if ascending else "descending")
    assert [dict(note.values) for note in advice.verdict.notes if note.code == "latest_rows_held_out"] == [
        {"rows": 20.0}
    ]
    program = advice.code()
    assert "train_test_split" not in program
    namespace: dict[str, object] = {}
    exec(program[program.index("def split(") : program.index("def numbers(")], namespace)  # noqa: S102 - the product's own
    trained, held = namespace["split"](frame)  # type: ignore[operator]
    assert len(held) == 20
    assert trained.day.max() < held.day.min()


def test_the_user_says_that_samples_are_in_the_order_of_time() -> None:
    x = torch.randn(60, 3, generator=torch.Generator().manual_seed(0))
    data = (x, x.sum(1, keepdim=True))
    ordered = advisor.advise(nn.Linear(3, 1), data, "mse", batch_size=8, facts={"data.time_order": "ascending"}, **PLAN)
    assert "latest_rows_held_out" in {note.code for note in ordered.verdict.notes}
    drawn = advisor.advise(nn.Linear(3, 1), data, "mse", batch_size=8, **PLAN)
    assert "latest_rows_held_out" not in {note.code for note in drawn.verdict.notes}
