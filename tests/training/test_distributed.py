"""Two processes under ``torchrun``: one answer, or one message."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

import advisor
from advisor.training.distributed import fingerprint, together
from advisor.training.sources import samples_of

pytestmark = pytest.mark.xdist_group("torchrun")  # a launch starts two processes of its own
PROGRAM = Path(__file__).with_name("rank_program.py")


def launch(case: str, folder: Path) -> list[str]:
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    run = subprocess.run([*launcher, str(PROGRAM), case, str(folder)], capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    return [(folder / f"{rank}.txt").read_text(encoding="utf-8") for rank in range(2)]


@pytest.mark.slow
@pytest.mark.parametrize("case", ["shards", "same data"])
def test_all_ranks_return_the_same_bytes_from_the_data_of_all(case: str, tmp_path: Path) -> None:
    first, second = launch(case, tmp_path)
    assert first == second
    advice = advisor.Advice.from_json(first)
    assert advice.facts.data.rows == 160
    assert advice.facts.plan.devices == 2
    assert advice.recommendation.batch_size == 16
    assert advice.verdict.status != "not_run"


@pytest.mark.slow
def test_the_ranks_train_the_trials_among_them(tmp_path: Path) -> None:
    first, second = launch("one by one", tmp_path)
    assert first == second
    assert advisor.Advice.from_json(first).verdict.path == "sequential"
    batches = [(tmp_path / f"{rank}.batches").stat().st_size for rank in range(2)]
    assert max(batches) <= 0.65 * sum(batches)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("case", "message"),
    [
        ("rank 1 fails", "DataError: rank 1: train: there is not a single batch in the data"),
        ("rank 0 fails", "DistributedError: rank 0: ZeroDivisionError: the user's loss fails"),
    ],
)
def test_a_rank_that_fails_fails_all_with_one_message(case: str, message: str, tmp_path: Path) -> None:
    assert launch(case, tmp_path) == [message, message]


@pytest.mark.slow
def test_without_a_process_group_each_decides_alone_and_says_so(tmp_path: Path) -> None:
    for text in launch("no group", tmp_path):
        assert "no_process_group" in {note.code for note in advisor.Advice.from_json(text).verdict.notes}


def test_a_fingerprint_sees_the_rows_and_not_their_order() -> None:
    x, y = torch.randn(50, 3, generator=torch.Generator().manual_seed(0)), torch.arange(50)
    order = torch.randperm(50, generator=torch.Generator().manual_seed(1))
    same, other = samples_of((x[order], y[order])), samples_of((x, y.flip(0)))
    assert fingerprint(samples_of((x, y))) == fingerprint(same) != fingerprint(other)
    assert together([samples_of((x, y)), same, other]).n == 100
