"""``advisor recommend``: an answer from facts alone, in milliseconds."""

from __future__ import annotations

from pathlib import Path

from advisor.cli.console import show, show_json
from advisor.cli.facts_source import SheetOption, start_of
from advisor.cli.options import JsonOption, RulesOption, SetOption, overlays_of
from advisor.errors import FactError
from advisor.facts import Facts
from advisor.results import Recommendation


def recommend(
    settings: SetOption = None,
    sheet: SheetOption = None,
    rules: RulesOption = None,
    as_json: JsonOption = False,
) -> None:
    """Recommend from facts alone: no data, no training, no torch.

    \b
    Examples:
      advisor recommend --set model.family=language_model --set model.parameters=1e9 --set plan.tokens=2e10
      advisor recommend --facts sheet.json --json
    """
    facts = facts_from(settings, sheet)
    found = recommendation_from(facts, rules)
    if as_json:
        show_json(found)
        return
    from advisor.reporting.terminal import advice as terminal

    show(terminal.render_recommendation(found, facts))


def recommendation_from(facts: Facts, rules: list[Path] | None) -> Recommendation:
    """Infer from facts with the shipped rules and those of the user."""
    from advisor.inference import infer
    from advisor.knowledge import load_rules

    return infer(facts, load_rules(overlays_of(rules)))


def facts_from(settings: list[str] | None, sheet: Path | None) -> Facts:
    """Read the facts in a file, then those on the command line.

    Raises:
        FactError: nothing was given, the file is not a fact sheet, or a fact does not exist or fit.
    """
    if not settings and sheet is None:
        raise FactError("no facts given; state some with --set model.family=mlp or --facts sheet.json")
    return start_of(None, sheet, settings, None).facts
