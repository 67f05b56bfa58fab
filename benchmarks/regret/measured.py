"""Scores of the full report, kept cell by cell: a run of hours that is stopped goes on where it was.

Each cell carries the version of the rule set that advised. Of cells of another one, only the scores of contestants that
follow no rules still hold. A change of the trials alone bumps no version: delete the file then.
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


Kept = dict[tuple[str, str], dict[str, Score]]
"""(task, pair, or ``WHOLE`` for whole recipes) → contestant → its score."""


def read(version: str | None = None) -> Kept:
    """Return the scores that hold for a version of the rule set; None: the one that is shipped."""
    found: Kept = {}
    if not KEPT.exists():
        return found
    version = version or load_rules().version
    for line in KEPT.read_text(encoding="utf-8").splitlines():
        cell = json.loads(line)
        scores = [_score(one) for one in cell["scores"]]
        holds = {one.contestant: one for one in scores if cell["ruleset"] == version or not follows_rules(one)}
        found.setdefault((cell["task"], cell["pair"]), {}).update(holds)
    return found


def latest() -> str:
    """Return the version of the rule set that the latest measured advice follows; the shipped one before any."""
    cells = [json.loads(line) for line in KEPT.read_text(encoding="utf-8").splitlines()] if KEPT.exists() else []
    advised = (cell["ruleset"] for cell in reversed(cells) if any(map(follows_rules, map(_score, cell["scores"]))))
    return next(advised, load_rules().version)


def rates_and_recipes(kept: Kept) -> tuple[list[Score], list[Score]]:
    """Return the scores of rates and those of whole recipes, of cells that advisor has answered."""
    answered = {cell: scores for cell, scores in kept.items() if any(map(follows_rules, scores.values()))}
    rates = [score for (_, pair), scores in answered.items() if pair != WHOLE for score in scores.values()]
    whole = [score for (_, pair), scores in answered.items() if pair == WHOLE for score in scores.values()]
    return rates, whole


def follows_rules(score: Score) -> bool:
    """Return whether a score is advisor's own."""
    return score.contestant.startswith("advisor")


def keep(task: str, pair: str, scores: Sequence[Score]) -> None:
    """Add one cell."""
    KEPT.parent.mkdir(exist_ok=True)
    rows = [asdict(score) | {"excess": score.excess if math.isfinite(score.excess) else None} for score in scores]
    cell = {"ruleset": load_rules().version, "task": task, "pair": pair, "scores": rows}
    with KEPT.open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(cell, separators=(",", ":")) + "\n")


def _score(row: dict[str, object]) -> Score:
    return Score(**row | {"excess": math.inf if row["excess"] is None else row["excess"]})  # type: ignore[arg-type]
