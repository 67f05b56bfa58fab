"""Telling a group of facts does not make the advice worse on a subset of jobs, and a rule that does so is found."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from advisor.facts import Facts, read, with_facts
from advisor.knowledge import load_rules
from benchmarks.information import GROUPS, Effect, Job, changes, costs, drawn, effects, groups_told, jobs, paths_of

EVERY = 25
MISLED = """\
id: misled
title: Take thirty times the rate when the noise is known
when: {data.noise.unexplained: {known: true}}
then: [{scale: learning_rate, factor: 30.0}]
because: a rule that makes advice worse the more is told
"""


@cache
def found() -> tuple[Effect, ...]:
    return tuple(effects(jobs(EVERY)))


@pytest.mark.parametrize("group", GROUPS)
def test_telling_a_group_does_not_hurt(group: str) -> None:
    assert [one for one in found() if one.group == group and one.hurts] == []


def test_every_group_is_told_somewhere() -> None:
    assert {one.group for one in found()} == set(GROUPS)
    assert {one.kind for one in found()} == {"landscapes", "tables", "recipes"}


def test_a_rule_that_misleads_is_found(tmp_path: Path) -> None:
    (tmp_path / "misled.yaml").write_text(MISLED, encoding="utf-8")
    regression = [job for job in jobs(EVERY) if read(job.facts, "data.noise.unexplained") is not None]
    misled = [one for one in effects(regression, load_rules([tmp_path])) if one.group == "noise"]
    assert [one.hurts for one in misled] == [True]


def test_every_subset_is_asked() -> None:
    facts = with_facts(Facts(), {"plan.optimizer": "adamw", "model.family": "mlp", "data.rows": 900, "plan.epochs": 9})
    job = Job("recipes", "made up", facts, lambda rate: rate)
    assert groups_told(facts) == ("data", "length")
    assert set(costs(job, load_rules())) == {
        frozenset(),
        frozenset({"data"}),
        frozenset({"length"}),
        frozenset({"data", "length"}),
    }


def test_the_change_is_averaged_over_what_else_is_told() -> None:
    cost = {frozenset(): 4.0, frozenset("a"): 3.0, frozenset("b"): 2.0, frozenset("ab"): 2.0}
    assert changes(cost) == {"a": pytest.approx(-0.5), "b": pytest.approx(-1.5)}


def test_groups_name_facts_that_exist() -> None:
    assert "data.noise.unexplained" in paths_of("noise")
    assert all(paths_of(group) for group in GROUPS)


def test_a_source_of_many_jobs_is_represented_by_some() -> None:
    many = [Job("tables", "large", Facts(), lambda rate: rate) for _ in range(20)]
    few = [Job("tables", "small", Facts(), lambda rate: rate) for _ in range(2)]
    kept = drawn([*many, *few], most=6)
    assert [job.source for job in kept] == ["large"] * 6 + ["small"] * 2
    assert kept == drawn([*many, *few], most=6)
    assert kept != drawn([*many, *few], most=6, seed=1)
