"""The kept scores as ``docs/benchmarks.md``, its plot, its details and the table in the README."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import altair as alt
import jinja2
import numpy as np
import pandas as pd

from advisor.knowledge import load_rules
from benchmarks import costs, profiling
from benchmarks.jobs.report import section
from benchmarks.regret import measured
from benchmarks.regret.choosers import FixedDefault, RulesOnly
from benchmarks.regret.datasets import Split
from benchmarks.regret.gaps import FAR, by_family, by_rule, by_task, by_verdict, worst_tasks
from benchmarks.regret.landscapes import useful_pairs
from benchmarks.regret.limits import limits
from benchmarks.regret.score import Score, headline, interpolated, table
from benchmarks.regret.tasks import MAIN, tasks_of

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/benchmarks.md"
PLOT = ROOT / "docs/benchmarks.svg"
DETAILS = ROOT / "benchmarks/results/regret.md"
README = ROOT / "README.md"
HEADLINE = re.compile(r"(<!-- headline: begin -->\n).*?(<!-- headline: end -->)", re.DOTALL)
"""Where the table stands in the README."""
STANDARD = "advisor, standard"
MOST_FAR = 5
"""Choices far above the best that the page lists; the details list all. Judgement: what fits on a screen."""
MOST_FAMILIES = 12
"""Families of tasks that the page lists. Judgement: the weaker half."""


def rules_only(split: Split) -> list[Score]:
    """Score the fixed default and the rules on every landscape of a split; seconds."""
    choosers = (FixedDefault(), RulesOnly(load_rules()))
    return [interpolated(one, task, pair) for one in choosers for task, pair in useful_pairs(split)]


def write_page() -> None:
    """Write page, plot, details and README table from the latest kept scores, and print the two main tables."""
    version = measured.latest()
    rates, whole = measured.rates_and_recipes(measured.read(version))
    rules, note = rules_only("report"), _note(rates, whole, version)
    plot(rates)
    DETAILS.write_text(_details(rates, rules, note), encoding="utf-8")
    PAGE.write_text(_page(rates, whole, rules, note), encoding="utf-8")
    README.write_text(
        HEADLINE.sub(rf"\g<1>{readme_table(rates, version)}\n\g<2>", README.read_text(encoding="utf-8")),
        encoding="utf-8",
    )
    print(f"{table(rates)}\n\n{table(whole)}")


def readme_table(rates: Sequence[Score], version: str) -> str:
    """Return the part of the README between its two marks.

    Args:
        rates: scores of choices of the learning rate.
        version: of the rule set that they were measured with.
    """
    combinations, tasks = len({(one.task, one.pair) for one in rates}), len({one.task for one in rates})
    return (
        f"Excess of the final held-out loss over the best learning rate of a fine grid, for {combinations} "
        f"combinations of optimizer,\nschedule and task ({tasks} tasks, on whose data no rule was fitted). "
        f"Work is in units of one ordinary training.\nMeasured with rule set {version}; the "
        f"[changelog](docs/ruleset-changelog.md) says what later ones changed.\n\n{headline(rates)}"
    )


def _note(rates: Sequence[Score], whole: Sequence[Score], version: str) -> str:
    some, recipes = len({(one.task, one.pair) for one in rates}), len({one.task for one in whole})
    every, tasks_in_all = len(list(useful_pairs("report", pairs=MAIN))), len(tasks_of("report"))
    note = (
        f"Written by `python -m benchmarks.regret report`. Learning rates on {some} of {every} combinations of task, "
        f"optimizer\nand schedule, drawn at random, whole recipes on {recipes} of {tasks_in_all} tasks; every choice "
        f"trained in full with three\nseeds, rule set {version}."
    )
    return note if some == every else note + "\nWith few combinations, shares and quantiles mean little."


def _page(rates: Sequence[Score], whole: Sequence[Score], rules: Sequence[Score], note: str) -> str:
    standard = [score for score in rates if score.contestant == STANDARD]
    far_count = sum(score.excess > FAR for score in standard)
    report, calibration = tasks_of("report"), tasks_of("calibration")
    return _template("page.md.j2").render(
        note=note,
        report_tasks=len(report),
        report_data=len({task.data for task in report}),
        calibration_tasks=len(calibration),
        calibration_data=len({task.data for task in calibration}),
        rates=table(rates),
        whole=table(whole) if whole else "Not measured yet.",
        rules=table(rules),
        families=by_family(rules, most=MOST_FAMILIES),
        verdicts=by_verdict(rates, STANDARD),
        far=by_task(rates, STANDARD, most=MOST_FAR),
        far_count=far_count,
        standard_count=len(standard),
        worst_count=min(MOST_FAR, far_count),
        limits="\n".join(limits()),
        real_jobs=section(),
        profiling=profiling.section(),
        costs=costs.section(),
    )


def _details(rates: Sequence[Score], rules: Sequence[Score], note: str) -> str:
    base = load_rules()
    return _template("details.md.j2").render(
        note=note,
        far=by_task(rates, STANDARD),
        rules=by_rule(useful_pairs("report"), base, pages="../../docs/rules"),
        worst=worst_tasks(rules, base),
    )


def _template(name: str) -> jinja2.Template:
    loader = jinja2.FileSystemLoader(Path(__file__).parent)
    return jinja2.Environment(  # noqa: S701 - the pages are Markdown
        loader=loader, undefined=jinja2.StrictUndefined, keep_trailing_newline=True
    ).get_template(name)


def plot(scores: Sequence[Score]) -> None:
    """Draw the share of choices within x of the best against x, one line per contestant."""
    grid = np.geomspace(0.001, 3.0, 60)
    groups = {one.contestant: np.array([s.excess for s in scores if s.contestant == one.contestant]) for one in scores}
    rows = [
        {"within": within, "share": float(np.mean(excess <= within)), "who": name}
        for name, excess in groups.items()
        for within in grid
    ]
    chart = (
        alt.Chart(pd.DataFrame(rows))
        .mark_line()
        .encode(
            alt.X("within:Q", scale=alt.Scale(type="log"), axis=alt.Axis(format="%"), title="excess loss, at most"),
            alt.Y("share:Q", axis=alt.Axis(format="%"), title="share of choices"),
            alt.Color("who:N", title=None, legend=alt.Legend(labelLimit=300)),
            alt.StrokeDash("who:N", title=None),
        )
        .properties(width=560, height=340)
    )
    chart.save(str(PLOT))
