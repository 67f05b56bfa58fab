"""Tiers of the shipped rules, and the user's rules before them."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.facts import Facts, with_facts
from advisor.inference import infer
from advisor.knowledge import load_rules
from advisor.knowledge.rule import Rule
from advisor.knowledge.strata import competes

OWN = """\
id: our-nets
title: Start our nets at the rate that our lab found
when: {{model.family: mlp}}
then:
  - anchor: learning_rate
    value: 0.0123
{tier}because: it was found to be so in our lab
source: [{{cite: judgement, at: notebook 3, says: so}}]
evidence: {{grade: judgement}}
examples:
  match: [{{name: our nets, facts: {{model.family: mlp}}}}]
  no_match: [{{name: others, facts: {{model.family: cnn}}}}]
  unknown: [{{name: family not given}}]
"""
TABLE = {
    "model.family": "mlp",
    "plan.optimizer": "adamw",
    "data.rows": 1000,
    "data.task": "regression",
    "plan.epochs": 20,
    "plan.batch_size": 32,
    "model.parameters": 5000,
}


@pytest.mark.parametrize("rule", [rule for rule in load_rules().rules if competes(rule)], ids=lambda rule: rule.id)
def test_a_rule_with_an_anchor_or_a_choice_states_its_tier(rule: Rule) -> None:
    assert "tier" in rule.document.model_fields_set


def winner(tmp_path: Path, tier: str, facts: dict[str, object]) -> str:
    (tmp_path / "our-nets.yaml").write_text(OWN.format(tier=tier), encoding="utf-8")
    found = infer(with_facts(Facts(), facts), load_rules([tmp_path]))
    return found.trace.contributions[0].rule.id


def test_an_anchor_of_an_overlay_wins_over_ours_of_the_same_tier_without_naming_it(tmp_path: Path) -> None:
    assert infer(with_facts(Facts(), TABLE), load_rules()).trace.contributions[0].rule.id == "adam-net-on-rows"
    assert winner(tmp_path, "", TABLE) == "our-nets"
    assert winner(tmp_path, "tier: class\n", TABLE) == "our-nets"
    assert winner(tmp_path, "tier: family\n", TABLE) == "adam-net-on-rows"


def test_a_known_rate_wins_over_an_overlay(tmp_path: Path) -> None:
    known = {**TABLE, "plan.reference_learning_rate": 0.5, "plan.reference_batch_size": 32}
    assert winner(tmp_path, "", known) == "batch-sqrt-reference"
