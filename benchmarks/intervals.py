"""Do the intervals of recommendations from facts alone hold the published rates, also of sources left out?

    python -m benchmarks.intervals [--write]

takes the golden recipes and those read from configurations and prints, for each class of job, how far published rates
lie from the advised ones. What the data set in the rules are centres and spreads, so both are crossed: each source (a
paper, a repository) is left out in turn, the offset and the spread of its class are fitted on the other sources, and
the interval that they give is asked whether it holds the rates of the source left out. Within a class each source
counts once, whatever the number of its rows, and a class of few sources is drawn towards all jobs together.

A second table, of all collections, says how rates scatter with the distance to the nearest job of another source.

``--write`` stores the figures that ``docs/benchmarks.md`` quotes.
"""

from __future__ import annotations

import argparse
import json
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from advisor.facts import Facts, with_facts
from advisor.facts.names import OPTIMIZERS
from advisor.inference.familiarity import nearest
from advisor.knowledge.known_jobs import KnownJob
from advisor.statistics.normal import Z_90
from benchmarks.golden import STAND_INS, Golden, golden, with_optimizer
from benchmarks.known_jobs import job_of

COLLECTIONS: Final = ("recipes", "configurations")
RESULT: Final = Path(__file__).parent / "results/intervals.json"
WITHIN: Final = 3.0
"""Factor within which a rate counts as right, as for the golden recipes."""

PRIOR_SOURCES: Final = 3.0
"""Sources that all jobs together stand for in a class. Judgement: a class of three sources believes itself by half."""

MIN_ROWS: Final = 5
"""Recipes from which on a class is judged by itself, as the requirement has it."""


@dataclass(frozen=True, slots=True)
class Residual:
    """One published rate against the advice.

    Attributes:
        log_ratio: natural log of published over advised rate.
        sigma: standard deviation of the advised interval's log.
        decades: to the nearest job of another source; None where none can be compared.
    """

    id: str
    kind: str
    source: str
    log_ratio: float
    sigma: float
    decades: float | None = None

    @property
    def right(self) -> bool:
        """Whether the advised rate is within ``WITHIN`` of the published one."""
        return abs(self.log_ratio) <= math.log(WITHIN) * (1 + 1e-9)

    @property
    def held(self) -> bool:
        """Whether the advised interval holds the published rate."""
        return abs(self.log_ratio) <= Z_90 * self.sigma * (1 + 1e-9)


@dataclass(frozen=True, slots=True)
class Fit:
    """Offset and variance of the log ratios of a class."""

    offset: float
    variance: float

    def holds(self, residual: Residual) -> bool:
        """Whether the 90 % interval around the corrected advice holds a rate."""
        return abs(residual.log_ratio - self.offset) <= Z_90 * math.sqrt(self.variance)


@dataclass(frozen=True, slots=True)
class Row:
    """One class of jobs.

    Attributes:
        rate, interval: shares of rates within ``WITHIN`` and in the advised interval.
        crossed_rate, crossed_interval: the same with offset and spread fitted on the other sources.
        spread: median factor either way of the advised intervals.
        needed: factor either way that all sources ask for.
    """

    kind: str
    recipes: int
    sources: int
    rate: float
    interval: float
    crossed_rate: float
    crossed_interval: float
    spread: float
    needed: float


def source_of(recipe: Golden) -> str:
    """Return the repository or paper that a recipe is from; one without a named source is one of its own."""
    first = re.split(r"[\s;,:]", recipe.source.strip().lower())[0]
    name = first.rstrip("/").rsplit("/", 1)[-1] if first.count("/") == 1 else first.split("/")[0]
    return recipe.row if name in {"", "secondary", "from", "own"} else name


def kind_of(facts: dict[str, Any]) -> str:
    """Return the class of a job, by what is trained and whether it was pretrained."""
    family, task, modality = (facts.get(name) for name in ("model.family", "data.task", "data.modality"))
    tuned = bool(facts.get("model.pretrained"))
    if facts.get("model.adapter", "none") != "none":
        return "adapters"
    if task == "preference" or (tuned and task == "reinforcement_learning"):
        return "preferences and rewards"
    if task == "reinforcement_learning":
        return "reinforcement learning"
    if family == "language_model":
        return "language models, tuned" if tuned else "language models, from scratch"
    if family in {"transformer", "rnn", "word_vectors"}:
        return f"{'text' if modality == 'text' else 'sound and others'}, {'tuned' if tuned else 'from scratch'}"
    if family in {"diffusion", "gan", "autoencoder"}:
        return "generation of images"
    if task in {"detection", "segmentation"} or family in {"detector", "unet"}:
        return "detection and segmentation"
    if modality == "image" and family in {"cnn", "vision_transformer", "efficientnet", "mlp"}:
        return f"images, {'tuned' if tuned else 'from scratch'}"
    if family == "gnn":
        return "graphs"
    if family in {"pinn", "coordinate_mlp"}:
        return "fields"
    return "tables and series"


@cache
def residuals(collections: tuple[str, ...] = COLLECTIONS) -> tuple[Residual, ...]:
    """Return every published rate against the advice."""
    known = [(source_of(item), job_of(item.id, with_facts(Facts(), item.facts))) for item in _recipes(COLLECTIONS)]
    return tuple(_residual(item, known) for item in _recipes(collections) if item.optimizer in OPTIMIZERS)


def _recipes(collections: Iterable[str]) -> list[Golden]:
    return [item for name in collections for item in golden(name)]


def _residual(recipe: Golden, known: Sequence[tuple[str, KnownJob]]) -> Residual:
    advised, source = with_optimizer(recipe), source_of(recipe)
    closest = nearest(with_facts(Facts(), recipe.facts), (job for other, job in known if other != source))
    return Residual(
        recipe.id,
        kind_of(recipe.facts),
        source,
        log_ratio=math.log(recipe.rate / advised.learning_rate),
        sigma=math.log(advised.interval.ratio) / (2 * Z_90),
        decades=closest.decades if closest else None,
    )


def fit(kind: str, known: Iterable[Residual]) -> Fit:
    """Fit offset and variance of a class, each source counted once, drawn towards all jobs together."""
    by_source: dict[tuple[str, str], list[float]] = defaultdict(list)
    for item in known:
        by_source[item.kind, item.source].append(item.log_ratio)
    overall = _moments(list(by_source.values()), Fit(0.0, 1.0), 0.0)
    own = [values for (name, _), values in by_source.items() if name == kind]
    return _moments(own, Fit(0.0, overall.variance), PRIOR_SOURCES)


def _moments(groups: Sequence[Sequence[float]], prior: Fit, weight: float) -> Fit:
    total = len(groups) + weight
    offset = (prior.offset * weight + sum(sum(values) / len(values) for values in groups)) / total
    squares = sum(sum((value - offset) ** 2 for value in values) / len(values) for values in groups)
    return Fit(offset, (prior.variance * weight + squares) / total)


def crossed(items: Sequence[Residual]) -> dict[str, Fit]:
    """Return, by recipe, the fit of its class on all other sources."""
    fits = {
        (kind, source): fit(kind, [other for other in items if other.source != source])
        for kind, source in {(item.kind, item.source) for item in items}
    }
    return {item.id: fits[item.kind, item.source] for item in items}


def rows(items: Sequence[Residual]) -> list[Row]:
    """Return one row for each class, and one for all."""
    fits, log_within = crossed(items), math.log(WITHIN)
    kinds = sorted({item.kind for item in items})
    found = []
    for kind in [*kinds, "all"]:
        own = [item for item in items if kind in {item.kind, "all"}]
        everything = fit(kind, items) if kind != "all" else _moments([[i.log_ratio] for i in own], Fit(0, 1), 0.0)
        found.append(
            Row(
                kind=kind,
                recipes=len(own),
                sources=len({item.source for item in own}),
                rate=_share(item.right for item in own),
                interval=_share(item.held for item in own),
                crossed_rate=_share(abs(item.log_ratio - fits[item.id].offset) <= log_within for item in own),
                crossed_interval=_share(fits[item.id].holds(item) for item in own),
                spread=math.exp(Z_90 * sorted(item.sigma for item in own)[len(own) // 2]),
                needed=math.exp(Z_90 * math.sqrt(everything.variance)),
            )
        )
    return found


def by_distance(items: Sequence[Residual]) -> dict[tuple[float, float], list[Residual]]:
    """Return the rates by the distance to the nearest job of another source, in decades."""
    return {
        (lower, upper): [item for item in items if item.decades is not None and lower <= item.decades < upper]
        for lower, upper in pairwise((0.0, 0.5, 1.2, 2.0, math.inf))
    }


def _share(values: Iterable[bool]) -> float:
    listed = list(values)
    return sum(listed) / len(listed)


def main() -> None:
    """Print the table, and the rates that the intervals miss."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.intervals", description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"store the figures in {RESULT.name}")
    options = parser.parse_args()
    items = residuals()
    found = rows(items)
    columns = ("recipes", "sources", "rate", "interval", "crossed_rate", "crossed_interval", "spread", "needed")
    print(f"{'class':<30}" + "".join(f"{name.replace('_', ' '):>18}" for name in columns))
    for row in found:
        shown = (getattr(row, name) for name in columns)
        print(f"{row.kind:<30}" + "".join(f"{v:>18}" if isinstance(v, int) else f"{v:>18.2f}" for v in shown))
    print(f"\n{'decades to the nearest job':<30}{'recipes':>18}{'scatter':>18}{'rate':>18}{'interval':>18}")
    for (lower, upper), own in by_distance(residuals(COLLECTIONS + STAND_INS)).items():
        scatter = math.sqrt(sum(item.log_ratio**2 for item in own) / len(own))
        right, held = _share(item.right for item in own), _share(item.held for item in own)
        print(f"{f'{lower:g} to {upper:g}':<30}{len(own):>18}{scatter:>18.2f}{right:>18.2f}{held:>18.2f}")
    for item in (item for item in items if not item.held):
        ratio = math.exp(item.log_ratio)
        print(f"not held: {item.kind}: {item.id} ({item.source}), published over advised {ratio:.3g}")
    if options.write:
        RESULT.write_text(json.dumps([asdict(row) for row in found], indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
