"""Scores of the full report, kept cell by cell: a run of hours that is stopped goes on where it was.

Each cell carries the version of the rule set that advised; cells of another one do not count. A change of the trials
alone bumps no version: delete the file then.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from advisor.knowledge import load_rules
from benchmarks.regret.score import Score

KEPT = Path(__file__).resolve().parents[1] / "results/regret.jsonl"
WHOLE = "whole recipe"
"""Stands for the pair of a score whose optimizer and schedule were free."""


def read() -> dict[tuple[str, str], list[Score]]:
    """Return the scores kept for this rule set by task and pair; ``WHOLE`` for whole recipes."""
    if not KEPT.exists():
        return {}
    cells = (json.loads(line) for line in KEPT.read_text(encoding="utf-8").splitlines())
    version = load_rules().version
    return {
        (cell["task"], cell["pair"]): [_score(one) for one in cell["scores"]]
        for cell in cells
        if cell["ruleset"] == version
    }


def keep(task: str, pair: str, scores: Sequence[Score]) -> None:
    """Add one cell."""
    KEPT.parent.mkdir(exist_ok=True)
    rows = [asdict(score) | {"excess": score.excess if math.isfinite(score.excess) else None} for score in scores]
    cell = {"ruleset": load_rules().version, "task": task, "pair": pair, "scores": rows}
    with KEPT.open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(cell, separators=(",", ":")) + "\n")


def _score(row: dict[str, object]) -> Score:
    return Score(**row | {"excess": math.inf if row["excess"] is None else row["excess"]})  # type: ignore[arg-type]
