"""Every rule earns its place: a scenario in ``rules/scenarios`` fires it, and the answer differs without it."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from advisor._data import data_dir
from advisor.errors import AdvisorError
from advisor.facts import Facts, with_facts
from advisor.inference import infer
from advisor.knowledge import RuleBase, load_rules
from advisor.results import Recommendation

BASE = load_rules()
SCENARIOS: list[dict[str, Any]] = [
    entry
    for path in sorted((data_dir("rules") / "scenarios").glob("*.yaml"))
    for entry in yaml.safe_load(path.read_text(encoding="utf-8"))
]


def answer(facts: dict[str, Any], base: RuleBase) -> Recommendation | None:
    """Recommend; None where nothing answers."""
    try:
        return infer(with_facts(Facts(), facts), base)
    except AdvisorError:
        return None


def told(found: Recommendation | None) -> tuple[Any, ...]:
    """What a user is told: every setting, the rate, its interval, and the notes; not how it came about."""
    if found is None:
        return ()
    return found.model_dump(exclude={"trace"}), sorted(note.text for note in found.trace.notes)


def test_every_rule_has_one_scenario() -> None:
    assert sorted(entry["rule"] for entry in SCENARIOS) == sorted(rule.id for rule in BASE.rules)


@pytest.mark.parametrize("entry", SCENARIOS, ids=lambda entry: str(entry["rule"]))
def test_the_rule_fires_and_changes_the_answer(entry: dict[str, Any]) -> None:
    found = answer(entry["facts"], BASE)
    assert found is not None
    assert entry["rule"] in found.trace.fired
    assert told(answer(entry["facts"], BASE.without(entry["rule"]))) != told(found)


def test_a_rule_that_does_nothing_is_seen() -> None:
    """A rule that never fires on the facts leaves the answer as it is."""
    facts = next(entry["facts"] for entry in SCENARIOS if entry["rule"] == "gan-adam")
    assert told(answer(facts, BASE.without("lion-rate"))) == told(answer(facts, BASE))
