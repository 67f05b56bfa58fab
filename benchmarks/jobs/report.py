"""Measures everyone who chooses a rate for the jobs of a split, and writes the tables of real jobs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from advisor.facts.names import Budget
from benchmarks.jobs.catalogue import JOBS
from benchmarks.jobs.choosers import Choice, LightningFinder, Rules, choosers
from benchmarks.jobs.job import ADAMW, PAIRS, Pair, Split
from benchmarks.jobs.landscapes import read
from benchmarks.jobs.own_search import OWN
from benchmarks.jobs.recipes import measured_recipes
from benchmarks.jobs.replay import Replayed, cells, replay
from benchmarks.jobs.score import DEFAULT, WHOLE, Score, keep, kept, measured, name_of, of_default, scored, table
from benchmarks.jobs.strategies import BASELINES
from benchmarks.regret.score import percent

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/benchmarks.md"
DETAILS = ROOT / "benchmarks/results/jobs.md"
README = ROOT / "README.md"
HEADLINE = re.compile(r"(<!-- jobs: begin -->\n).*?(<!-- jobs: end -->)", re.DOTALL)
"""Where its sentence stands in the README."""
BEGIN, END = "<!-- real jobs: begin -->", "<!-- real jobs: end -->"
BUDGETS: tuple[Budget, ...] = ("quick", "standard")
STANDARD = "advisor, standard"
REPLAY_HEADER = (
    "| who chooses | cost (trainings) | median | p75 | p90 | > 5 % | > 30 % |\n|---|---|---|---|---|---|---|"
)


def run(
    split: str, pairs: Sequence[Pair] = PAIRS, budgets: Sequence[Budget] = BUDGETS, *, seeds: Sequence[int] = (0,)
) -> Iterator[str]:
    """Measure what is not kept yet, yield a line per job and pair, and then the tables."""
    done = {(score.contestant, score.job, score.pair, score.seed) for score in kept()}
    for seed in seeds:
        for pair in pairs:
            for job in (one for one in JOBS if one.split == split and _is_ready(one.name, pair)):
                missing = [one for one in choosers(budgets) if (one.name, job.name, str(pair), seed) not in done]
                found = measured(job, pair, missing, seed=seed)
                keep(found)
                if found:
                    said = ", ".join(f"{one.contestant} {percent(one.excess)} at {one.cost:.2g}" for one in found)
                    yield f"{job.name} {pair}: {said}"
        for job in (one for one in JOBS if one.split == split and all(_is_ready(one.name, pair) for pair in PAIRS)):
            wanted = [budget for budget in ("none", *budgets) if (name_of(budget), job.name, WHOLE, seed) not in done]
            whole = list(measured_recipes(job, wanted, seed=seed))
            keep(whole)
            if whole:
                yield f"{job.name} {WHOLE}: " + ", ".join(f"{one.remark} {percent(one.excess)}" for one in whole)
    for pair in pairs:
        yield f"\n{split}, {pair}\n{table(scores_of(split, str(pair)))}"
    yield f"\n{split}, {WHOLE}\n{table(scores_of(split, WHOLE))}"
    yield f"\n{by_job(split)}"


def _is_ready(name: str, pair: Pair) -> bool:
    record = read(name)
    landscape = None if record is None else record.of(pair)
    return record is not None and landscape is not None and landscape.is_complete and bool(record.default)


def scores_of(split: str, pair: str) -> list[Score]:
    """Return the scores of a split for a pair or whole recipes: Adam 1e-3 first, then what is kept."""
    names = [job.name for job in JOBS if job.split == split]
    own = [score for score in kept() if score.job in names and score.pair == pair]
    records = [record for name in dict.fromkeys(score.job for score in own) if (record := read(name)) is not None]
    return [*(of_default(record, pair) for record in records), *own]


def rules_only(split: str, pair: Pair) -> list[Score]:
    """Score Adam 1e-3 and the rules on stored landscapes, interpolated: no training."""
    found = []
    for job in (one for one in JOBS if one.split == split and _is_ready(one.name, pair)):
        record = read(job.name)
        landscape = None if record is None else record.of(pair)
        if record is None or landscape is None:
            continue
        choice: Choice = Rules().choose(job, pair, seed=0)
        loss = landscape.best * (1 + landscape.excess(choice.rate or 0.0))
        found += [of_default(record, str(pair)), scored(record, pair, Rules().name, 0, choice, loss, 1.0)]
    return found


def by_job(split: str) -> str:
    """Return a table of what ``standard`` did on every job, the worst first."""
    lines = [
        "| job | optimizer | advised | best | excess | Adam 1e-3 | cost (trainings) | said | verdict |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    own = [score for pair in PAIRS for score in scores_of(split, str(pair))]
    defaults = {(score.job, score.pair): score.excess for score in own if score.contestant == DEFAULT}
    for score in sorted(own, key=lambda one: -one.excess):
        record = read(score.job)
        pair = next(one for one in PAIRS if str(one) == score.pair)
        landscape = None if record is None else record.of(pair)
        if score.contestant != STANDARD or landscape is None:
            continue
        rate = "–" if score.rate is None else f"{score.rate:.2g}"
        stated = "–" if score.stated_cost is None else f"{score.stated_cost:.2g}"
        lines.append(
            f"| {score.job} | {pair.optimizer} | {rate} | {landscape.best_rate:.2g} | {percent(score.excess)} "
            f"| {percent(defaults[score.job, score.pair])} | {score.cost:.2g} | {stated} | {score.remark} |"
        )
    return "\n".join(lines)


def replays(pair: Pair) -> str:
    """Return what the page says of searches that are replayed on the stored landscapes of a pair."""
    return f"""Thirty kinds of jobs: convolutions, transformers, language models, low-rank adaptation, autoencoders,
diffusion, contrastive losses, graphs, recurrent nets, tables. Searches are replayed on stored losses of
{pair.optimizer}, {pair.schedule}. *Excess* is over the best of nine rates a factor √10 apart, a mean of the seeds;
*cost* is counted, in full trainings, without timing and probe. Rules and numbers of the search were chosen while both
splits were looked at.
{_others(pair)}

{_replayed("report", pair)}"""


def _replayed(split: Split, pair: Pair) -> str:
    """Return the table of searches on the jobs of a split."""
    contestants = {name: BASELINES[name] for name in ("rules only", "bracket at 1/8", "5 full trainings")} | dict(OWN)
    known = cells(split, pair)
    count = len({one.record.job for one in known})
    lines = [f"### Replays, {split}: {count} kinds of jobs, {len(known)} replays", "", REPLAY_HEADER]
    return "\n".join([*lines, *(_replay_row(name, replay(strategy, known)) for name, strategy in contestants.items())])


def _others(pair: Pair) -> str:
    """Return in a sentence what the search comes to with optimizers that no number of it was chosen on."""
    sentences = []
    for other in PAIRS:
        known = [] if other == pair else cells(None, other)
        if known:
            count = len({one.record.job for one in known})
            rules, own = (
                np.quantile([one.excess for one in replay(strategy, known)], [0.5, 0.75])
                for strategy in (BASELINES["rules only"], OWN["advisor's search, standard"])
            )
            sentences.append(
                f"With {other.optimizer}, on which no number of the search was chosen ({count} kinds of jobs, "
                f"{len(known)} replays), the rules end {percent(float(rules[0]))}\nabove the best and a quarter "
                f"{percent(float(rules[1]))} or more; `standard` {percent(float(own[0]))} and {percent(float(own[1]))}."
            )
    return "\n".join(sentences)


def _replay_row(name: str, found: Sequence[Replayed]) -> str:
    excess = np.array([one.excess for one in found])
    median, p75, p90 = (percent(float(np.quantile(excess, share))) for share in (0.5, 0.75, 0.9))
    return (
        f"| {name} | {np.mean([one.cost for one in found]):.2f} | {median} | {p75} | {p90} "
        f"| {100 * np.mean(excess > 0.05):.0f} % | {100 * np.mean(excess > 0.3):.0f} % |"
    )


def section() -> str:
    """Return what the page of results says about real jobs."""
    asked = "\n\n".join(_asked(pair) for pair in PAIRS if scores_of("report", str(pair)))
    whole = scores_of("report", WHOLE)
    if whole:
        asked += f"\n\n### Whole recipes, against the best of both landscapes\n\n{table(whole)}"
    return f"{BEGIN}\n{asked}\n\n{replays(ADAMW)}\n{END}" if asked else f"{BEGIN}\n{replays(ADAMW)}\n{END}"


def _asked(pair: Pair) -> str:
    """Return what those come to who are asked as a user asks them."""
    return f"""### Asked as a user asks, {pair.optimizer} {pair.schedule}

One answer for each kind of job of the report split, trained in full with two seeds. *Cost* is the processor time of
choosing over that of one full training, a median; these train for one to three seconds, and the smaller half gets the
floor of its budget. Job by job: [jobs.md](../benchmarks/results/jobs.md).

{table(scores_of("report", str(pair)))}"""


def readme_sentence() -> str:
    """Return what the README says of real jobs, by the medians of those who were asked.

    Raises:
        KeyError: somebody was not asked.
    """
    found: dict[str, list[Score]] = {}
    for score in scores_of("report", str(ADAMW)):
        found.setdefault(score.contestant, []).append(score)
    excess = {name: percent(float(np.median([one.excess for one in scores]))) for name, scores in found.items()}
    level = sum(score.matches_default for score in found[STANDARD])
    rules, finder = excess[Rules().name], excess[LightningFinder().name]
    count = len(found[STANDARD])
    return f"""On {count} kinds of deep-learning jobs (convolutions, transformers, language models, contrastive losses,
graphs, recurrent nets), asked as a user asks, the median excess is {excess[DEFAULT]} with Adam at 1e-3,
{finder} with Lightning's finder, {rules} with the rules alone, {excess[name_of("quick")]} with `quick` and
{excess[STANDARD]} with `standard`, which ended at most 1 % above Adam at 1e-3 on {level} of them. Some rules were
[written with these jobs in view](docs/benchmarks.md#real-deep-learning-jobs)."""


def write_page() -> None:
    """Put the section into the page in place of the one that is there, a sentence into the README, and the details."""
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    PAGE.write_text(f"{before}{section()}{rest.partition(END)[2]}", encoding="utf-8")
    if scores_of("report", str(ADAMW)):
        readme = README.read_text(encoding="utf-8")
        sentence = readme_sentence()
        README.write_text(HEADLINE.sub(lambda found: f"{found[1]}{sentence}\n{found[2]}", readme), encoding="utf-8")
    splits: tuple[Split, ...] = ("report", "calibration")
    parts = [f"## {split}\n\n{by_job(split)}" for split in splits if scores_of(split, str(PAIRS[0]))]
    if parts:
        parts.append(_replayed("calibration", ADAMW))
        DETAILS.write_text("# What `standard` advised for real jobs\n\n" + "\n\n".join(parts) + "\n", encoding="utf-8")
