"""The regret benchmark: its parts on cases with known answers, and the guard on what the rules achieve."""

from __future__ import annotations

import math
import re
import statistics
from pathlib import Path

import numpy as np
import pytest
import torch

from advisor.inference import infer
from advisor.knowledge import load_rules
from advisor.training.batched.trainer import BatchedTrainer
from advisor.training.runs import Run
from advisor.training.sequential import SequentialTrainer
from benchmarks.regret import measured
from benchmarks.regret.choices import Choice
from benchmarks.regret.choosers import RULES_ONLY, FixedDefault
from benchmarks.regret.datasets import CALIBRATION, REPORT
from benchmarks.regret.facts import facts_of
from benchmarks.regret.gaps import by_family, by_rule, by_task, by_verdict
from benchmarks.regret.landscapes import Landscape, Record, read
from benchmarks.regret.models import build
from benchmarks.regret.page import DETAILS, HEADLINE, MOST_FAR, PAGE, README, STANDARD, readme_table, rules_only
from benchmarks.regret.score import Score, interpolated, summarise, table
from benchmarks.regret.tasks import MAIN, Pair, Task, tasks

RECORDED_MEDIAN, RECORDED_WITHIN_5, RECORDED_FAILURES = 0.0471, 0.5251, 0.0854
MARGIN = 0.02
"""How far the rules may fall behind what `python -m benchmarks.regret rules` printed for the report split."""


def landscape(*losses: float | None) -> Landscape:
    rates = tuple(10.0 ** -(len(losses) - index) for index in range(len(losses)))
    return Landscape("sgd", "constant", rates, tuple((loss, loss) for loss in losses))


def test_excess_is_interpolated_in_logs_and_infinite_beside_divergence() -> None:
    found = landscape(4.0, 1.0, 2.0, None)  # rates 1e-4 … 1e-1
    assert found.best_rate == pytest.approx(1e-3)
    assert found.excess(1e-3) == 0.0
    assert found.excess(math.sqrt(1e-3 * 1e-4)) == pytest.approx(math.sqrt(4.0) - 1)
    assert found.excess(1e-9) == pytest.approx(3.0)
    assert math.isinf(found.excess(2e-2))
    assert math.isinf(found.excess(1.0))


def test_a_pair_that_learns_nothing_is_left_out() -> None:
    record = Record(tasks()[0], 100, constant_loss=0.5, landscapes=(landscape(0.9, 0.6),))
    assert record.useful == ()


def test_every_task_has_landscapes_and_facts_and_one_split() -> None:
    assert not set(CALIBRATION) & set(REPORT)
    assert len(tasks()) >= 80
    assert len({task.id for task in tasks()}) == len(tasks())
    for task in tasks():
        record = read(task)
        assert {Pair(one.optimizer, one.schedule) for one in record.landscapes} == set(task.pairs)
        assert all(len(row) == 3 for one in record.landscapes for row in one.losses)
        assert facts_of(task).plan.batch_size == task.batch


@pytest.mark.parametrize("pair", [MAIN[1], MAIN[3]], ids=str)
def test_kept_losses_come_back_and_both_trainers_agree(pair: Pair) -> None:
    task = next(task for task in tasks() if task.id == "iris-mlp-32-b16-e60")
    kept = read(task).of(pair)
    place = int(np.argmin(kept.means))
    job, run = task.job(), Run(kept.rates[place], seed=0)
    (batched,) = BatchedTrainer(job).train(task.recipe(pair), [run], job.total_steps, seed=0).losses
    (sequential,) = SequentialTrainer(job).train(task.recipe(pair), [run], job.total_steps, seed=0).losses
    assert batched == pytest.approx(sequential, rel=0.01)
    assert batched == pytest.approx(kept.losses[place][0], rel=0.01)


def test_a_model_text_names_known_options_only() -> None:
    data = tasks()[0].load()
    assert sum(isinstance(part, torch.nn.Dropout) for part in build("mlp:8,8+tanh+dropout=0.3", data).modules()) == 2
    with pytest.raises(TypeError, match="no option 'dropuot'"):
        build("mlp:8+dropuot=0.3", data)


def test_a_summary_counts_divergence_as_a_failure() -> None:
    def score(excess: float) -> Score:
        return Score("one", "task", "pair", "family", 0, 0.1, excess, 2.0, 0.0)

    (found,) = summarise([score(0.0), score(0.04), score(0.6), score(math.inf)])
    assert (found.within_5, found.over_50, found.diverged, found.runs) == (0.5, 0.5, 1, 2.0)
    assert found.p90 == math.inf


def test_a_contestant_without_an_answer_fails() -> None:
    class Silent:
        name = "silent"

        def choose(self, task: Task, pair: Pair, *, seed: int) -> Choice:
            return Choice(None)

    task = tasks()[0]
    assert math.isinf(interpolated(Silent(), task, MAIN[0]).excess)
    assert math.isfinite(interpolated(FixedDefault(), task, MAIN[3]).excess)


def test_a_rule_can_be_left_out() -> None:
    base = load_rules()
    smaller = base.without("small-data")
    assert len(smaller.rules) == len(base.rules) - 1
    assert all("small-data" not in rule.document.overrides for rule in smaller.rules)


def test_the_rules_have_not_fallen_behind() -> None:
    scores = [score for score in rules_only("report") if score.contestant.startswith("advisor")]
    excess = [score.excess for score in scores]
    assert statistics.median(excess) <= RECORDED_MEDIAN + MARGIN
    assert np.mean(np.array(excess) <= 0.05) >= RECORDED_WITHIN_5 - MARGIN
    assert np.mean(np.array(excess) > 0.5) <= RECORDED_FAILURES + MARGIN


def test_the_page_names_the_weakest_families_first() -> None:
    lines = by_family(rules_only("report")).splitlines()[2:]
    medians = [float(line.split("|")[3].strip().rstrip("%")) for line in lines if "diverged" not in line]
    assert len(lines) > 15
    assert medians == sorted(medians, reverse=True)


def test_choices_far_from_the_best_are_listed_beside_the_rules() -> None:
    task = next(task for task in tasks() if task.id == "iris-mlp-32-b16-e60")
    pair = str(MAIN[3])

    def score(name: str, rate: float, excess: float) -> Score:
        return Score(name, task.id, pair, task.family, 0, rate, excess, 1.0, 1.0)

    far = by_task([score(RULES_ONLY, 1e-3, 0.2), score("trials", 1e-2, 0.06), score("other", 1e-2, math.inf)], "trials")
    assert far.splitlines()[2:] == [f"| {task.id} | {pair} | 1e-3 | 0.01 | 5.6e-3 | 20 % | 6.0 % |"]
    near = by_task([score(RULES_ONLY, 1e-3, 0.2), score("trials", 1e-2, 0.04)], "trials")
    assert len(near.splitlines()) == 2


def test_choices_are_summed_up_by_what_was_said_of_them() -> None:
    def score(verdict: str | None, excess: float, *, covered: bool) -> Score:
        return Score("trials", "iris", "adamw cosine", "mlp", 0, 1e-2, excess, 1.0, 1.0, covered, verdict)

    scores = [
        score("confirmed", 0.02, covered=True),
        score("confirmed", 0.08, covered=False),
        score("no_better_than_constant", 0.3, covered=True),
        score(None, 9.0, covered=True),
    ]
    assert by_verdict(scores, "trials").splitlines()[2:] == [
        "| confirmed | 2 | 8.0 % | 8.0 % | 8.0 % | 50 % | 50 % |",
        "| no better than constant | 1 | 30 % | 30 % | 30 % | 0 % | 100 % |",
    ]


def test_every_rule_that_moves_a_rate_stands_in_the_table() -> None:
    task = next(task for task in tasks() if task.id == "iris-mlp-32-b16-e60")
    rules = load_rules()
    moving = {step.rule.id for step in infer(facts_of(task, MAIN[3]), rules).trace.contributions}
    table = by_rule([(task, MAIN[3])], rules)
    assert {line.split("]")[0].removeprefix("| [") for line in table.splitlines()[2:]} == moving


def test_what_follows_no_rules_outlives_a_change_of_the_rule_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def score(name: str, excess: float) -> Score:
        return Score(name, "task", "pair", "family", 0, 0.1, excess, 2.0, 0.0)

    monkeypatch.setattr(measured, "KEPT", tmp_path / "kept.jsonl")
    measured.keep("task", "pair", [score("TPE", 0.1), score(RULES_ONLY, 0.2), score("finder", math.inf)])
    kept = (tmp_path / "kept.jsonl").read_text(encoding="utf-8")
    (tmp_path / "kept.jsonl").write_text(kept.replace(load_rules().version, "0.0.1"), encoding="utf-8")
    assert set(measured.read()["task", "pair"]) == {"TPE", "finder"}
    measured.keep("task", "pair", [score(RULES_ONLY, 0.3)])
    found = measured.read()["task", "pair"]
    assert {name: one.excess for name, one in found.items()} == {"TPE": 0.1, "finder": math.inf, RULES_ONLY: 0.3}


def version_on(page: str) -> str:
    """Return the one rule set that a page names."""
    (version,) = set(re.findall(r"rule\s+set\s+(\d+\.\d+\.\d+)", page))
    return version


def kept_scores_of(page: str) -> tuple[list[Score], list[Score]]:
    """Return the kept rates and recipes of the rule set that a page names."""
    return measured.rates_and_recipes(measured.read(version_on(page)))


def test_the_page_is_short_and_its_main_tables_are_those_of_the_kept_scores() -> None:
    page = PAGE.read_text(encoding="utf-8")
    rates, whole = kept_scores_of(page)
    assert version_on(page) == measured.latest()
    assert len(page.splitlines()) <= 250
    assert len(rates) > 1_000
    assert len(whole) > 100
    assert table(rates) in page
    assert table(whole) in page
    assert by_task(rates, STANDARD, most=MOST_FAR) in page


def test_the_readme_shows_the_headline_table_of_the_kept_scores() -> None:
    page = PAGE.read_text(encoding="utf-8")
    rates, _ = kept_scores_of(page)
    found = HEADLINE.search(README.read_text(encoding="utf-8"))
    assert found is not None
    assert found[0] == f"{found[1]}{readme_table(rates, version_on(page))}\n{found[2]}"


def test_every_choice_far_from_the_best_is_in_the_details() -> None:
    details = DETAILS.read_text(encoding="utf-8")
    rates, _ = kept_scores_of(details)
    far = by_task(rates, STANDARD)
    assert len(far.splitlines()) > MOST_FAR + 2
    assert far in details


def test_links_of_page_and_details_lead_to_files() -> None:
    for page in (PAGE, DETAILS):
        links = re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8"))
        assert len(links) > 5
        assert [link for link in links if not (page.parent / link).exists()] == []
