"""``advisor tune-plan``: how to tune by hand, with this task's numbers."""

from __future__ import annotations

import typer

from advisor.cli.console import show_json
from advisor.cli.facts_source import SheetOption, SourceArgument, TargetOption, facts_of
from advisor.cli.options import JsonOption, RulesOption, SetOption, overlays_of


def tune_plan(
    source: SourceArgument = None,
    settings: SetOption = None,
    sheet: SheetOption = None,
    target: TargetOption = None,
    rules: RulesOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the five steps of tuning by hand with this task's numbers, from the range test to weight decay.

    The numbers are those of `advisor recommend`; `advisor profile` does the first steps for you on copies of the model.

    Examples: advisor tune-plan data.csv --set model.family=mlp
    advisor tune-plan --set model.family=cnn --set data.rows=50000 --set plan.epochs=30
    """
    from advisor.inference import infer
    from advisor.knowledge import load_rules

    plan = infer(facts_of(source, sheet, settings, target, quiet=as_json), load_rules(overlays_of(rules))).tune_plan()
    if as_json:
        show_json(plan)
    else:
        typer.echo(str(plan), nl=False)
