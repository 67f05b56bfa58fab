"""``advisor ask``: which unknown fact would change the recommendation most."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from advisor.cli.console import say, show_json
from advisor.cli.facts_source import SheetOption, SourceArgument, TargetOption, start_of
from advisor.cli.options import JsonOption, RulesOption, SetOption, overlays_of
from advisor.cli.reading_options import takes_reading_options


@takes_reading_options
def ask(
    source: SourceArgument = None,
    settings: SetOption = None,
    sheet: SheetOption = None,
    target: TargetOption = None,
    top: Annotated[int, typer.Option(help="Questions to print.", min=1)] = 5,
    rules: RulesOption = None,
    as_json: JsonOption = False,
    *,
    reading: Mapping[str, Any],
) -> None:
    """Ask for the unknown facts that would change the recommendation most, and show how to give each.

    \b
    Examples:
      advisor ask data.advisor.json
      advisor ask --set model.family=transformer --set plan.epochs=10
    """
    from advisor.inference import ask as questions
    from advisor.knowledge import load_rules
    from advisor.reporting.text.questions import questions_in_words

    start = start_of(source, sheet, settings, target, reading=reading, quiet=as_json)
    found = questions(start.facts, load_rules(overlays_of(rules)), start.advised)
    if as_json:
        show_json(found)
    else:
        say(questions_in_words(found, top, start.advised))
