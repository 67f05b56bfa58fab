"""Two thousand inputs from a seed end with exit code 0, 2 or 130, and never with a traceback."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from .fuzz import ALLOWED, KINDS, counts

INPUTS = int(os.environ.get("ADVISOR_FUZZ", "2000"))
PARTS = 8


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of pandas and numpy about numbers that nobody has
@pytest.mark.parametrize("part", range(PARTS))
def test_any_input_ends_in_order(part: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found, wrong = counts(range(part * INPUTS // PARTS, (part + 1) * INPUTS // PARTS))
    assert not wrong, "\n".join(wrong[:20])
    assert {code for _, code in found} <= ALLOWED
    assert {kind for kind, _ in found} == set(KINDS)
