"""``advisor explain``: the way from facts to number."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from advisor.cli.console import say
from advisor.cli.facts_source import SheetOption, read_advice
from advisor.cli.options import JsonOption, RulesOption, SetOption
from advisor.cli.recommend_command import facts_from, recommendation_from


def explain(
    advice: Annotated[
        Path | None, typer.Argument(help="A .advisor.json file; without one, the facts given with --set are used.")
    ] = None,
    settings: SetOption = None,
    sheet: SheetOption = None,
    rules: RulesOption = None,
    as_json: JsonOption = False,
) -> None:
    """Explain a recommendation: the learning rate as a product of named factors, with reasons and sources.

    \b
    Examples:
      advisor explain data.advisor.json
      advisor explain --set model.family=transformer --set plan.epochs=10
    """
    if advice is None:
        from advisor.reporting.text.advice import explain as explain_recommendation

        recommendation = recommendation_from(facts_from(settings, sheet), rules)
        text, trace = explain_recommendation(recommendation), recommendation.trace
    else:
        found = read_advice(advice)
        text, trace = found.explain(), found.recommendation.trace
    say(trace.model_dump_json(indent=2) if as_json else text)
