"""Golden recipes: what a user of a published job would state, and what was published.

    python -m benchmarks.golden

prints the shares of each collection. ``recipes`` and ``configurations`` are published ones that rules may cite. The
others stand for jobs that the rules have not seen: each is split in halves, of which rules may be mended on the first
only.
"""

from __future__ import annotations

import csv
import hashlib
import math
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from advisor.facts import Facts, with_facts
from advisor.facts.names import OPTIMIZERS
from advisor.inference import infer
from advisor.knowledge import RuleBase, load_rules
from advisor.results import Recommendation

HERE = Path(__file__).parents[1] / "tests/rules/golden"
FAMILY_OF = {"sgd": "sgd", "lars": "sgd", "rmsprop": "rmsprop", "adagrad": "adagrad", "adadelta": "adagrad"}
"""Optimizer families; everything else is a relative of Adam."""

Half = Literal["development", "held_out"]
STAND_INS = ("memory", "further", "later")
HALVES: tuple[Half, Half] = ("development", "held_out")


@dataclass(frozen=True, slots=True)
class TunedTable:
    """A learning rate that was tuned for a net on a table, and what a user of that job would state."""

    data: str
    method: str
    facts: dict[str, Any]
    rate: float


def tuned_tables(split: str) -> list[TunedTable]:
    """Return the tuned rates of a split, ``calibration`` or ``report``."""
    with (HERE / "tabular.csv").open(encoding="utf-8", newline="") as lines:
        return [
            TunedTable(
                data=row["dataset"],
                method=row["method"],
                facts={
                    "model.family": "tabm" if row["method"] == "tabm" else "mlp",
                    "model.convex": False,
                    "model.pretrained": False,
                    "data.modality": "tabular",
                    "data.rows": int(row["rows"]),
                    "plan.batch_size": int(row["batch"]),
                    "plan.early_stopping": True,
                    "plan.optimizer": "adamw",
                    "plan.schedule": "constant",
                    "model.depth": int(row["depth"]),
                    "model.width": int(row["width"]),
                },
                rate=float(row["rate"]),
            )
            for row in csv.DictReader(lines)
            if row["split"] == split
        ]


@dataclass(frozen=True, slots=True)
class Golden:
    """One published recipe as a fact sheet.

    Attributes:
        id: the recipe's key; variants of one published row share the part before the slash.
        facts: what a user knows before choosing, never the answer.
        job, kind: what is trained, in words; a collection gives one or the other.
        optimizer, settings: the published optimizer and what belongs to it (momentum).
        schedule: constant, decaying, or any where the source allows both.
        rate: published peak rate (the geometric mean where a source gives two for the same facts).
        within: factor within which a recommendation counts as right.
    """

    id: str
    facts: dict[str, Any]
    optimizer: str
    schedule: str
    rate: float
    source: str
    job: str = ""
    kind: str = ""
    within: float = 3.0
    settings: dict[str, Any] | None = None

    @property
    def row(self) -> str:
        """Key of the published row."""
        return self.id.split("/")[0]

    @property
    def half(self) -> Half:
        """Half of its collection, by a hash of the letters its id begins with, so that relatives stay together."""
        (name,) = re.findall(r"^[a-z]+", self.id.lower())
        return HALVES[hashlib.sha256(name.encode()).digest()[0] % 2]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How advice compares with a recipe; ratio is advised over published rate, held: the interval has it."""

    ratio: float
    right_rate: bool
    held: bool
    right_optimizer: bool
    right_schedule: bool


@cache
def golden(name: str = "recipes") -> tuple[Golden, ...]:
    """Read one collection of recipes."""
    entries = yaml.safe_load((HERE / f"{name}.yaml").read_text(encoding="utf-8"))
    return tuple(Golden(**entry) for entry in entries)


@cache
def base() -> RuleBase:
    """The shipped rules."""
    return load_rules()


def recommend(facts: dict[str, Any]) -> Recommendation:
    """Recommend from facts alone."""
    return infer(with_facts(Facts(), facts), base())


def with_optimizer(recipe: Golden) -> Recommendation:
    """Recommend for a recipe with its optimizer and what belongs to it fixed."""
    return recommend({**recipe.facts, **(recipe.settings or {}), "plan.optimizer": recipe.optimizer})


@cache
def outcome(recipe_id: str, name: str = "recipes") -> Outcome:
    """Compare: the rate with the optimizer fixed, the optimizer and schedule with both left open."""
    (recipe,) = (item for item in golden(name) if item.id == recipe_id)
    ratio, held = math.nan, False
    if recipe.optimizer in OPTIMIZERS:
        advised = with_optimizer(recipe)
        ratio, held = advised.learning_rate / recipe.rate, recipe.rate in advised.interval
    chosen = recommend(recipe.facts)
    kind = "constant" if chosen.schedule in {"constant", "cyclical"} else "decaying"
    return Outcome(
        ratio=ratio,
        held=held,
        right_rate=1 / recipe.within <= ratio * (1 + 1e-9) and ratio <= recipe.within * (1 + 1e-9),
        right_optimizer=FAMILY_OF.get(chosen.optimizer, "adam") == FAMILY_OF.get(recipe.optimizer, "adam"),
        right_schedule=recipe.schedule in {"any", kind},
    )


def shares(name: str = "recipes", half: Half | None = None) -> dict[str, float]:
    """Shares of published rows that are right in every variant, by what is compared; None: of the whole collection."""
    rows: dict[str, list[Outcome]] = {}
    for recipe in golden(name):
        if half in {None, recipe.half}:
            rows.setdefault(recipe.row, []).append(outcome(recipe.id, name))
    count = len(rows)
    return {
        "rate": sum(all(item.right_rate for item in items) for items in rows.values()) / count,
        "optimizer": sum(all(item.right_optimizer for item in items) for items in rows.values()) / count,
        "schedule": sum(all(item.right_schedule for item in items) for items in rows.values()) / count,
        "both": sum(all(i.right_optimizer and i.right_schedule for i in items) for items in rows.values()) / count,
        "interval": sum(all(item.held for item in items) for items in rows.values()) / count,
        "rows": count,
    }


def main() -> None:
    """Print the shares of every collection and half."""
    parts: list[tuple[str, Half | None]] = [("recipes", None), ("configurations", None)]
    parts += [(name, half) for name in STAND_INS for half in HALVES]
    columns = ("rate", "optimizer", "schedule", "both", "interval")
    print(f"{'collection':<22}{'rows':>6}" + "".join(f"{name:>11}" for name in columns))
    for name, half in parts:
        found = shares(name, half)
        shown = "".join(f"{found[column]:>11.1%}" for column in columns)
        print(f"{f'{name} {half}' if half else name:<22}{found['rows']:>6.0f}{shown}")


if __name__ == "__main__":
    main()
