"""``advisor what-if``: before and after a change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from advisor.cli.console import say, show_json
from advisor.cli.facts_source import SheetOption, SourceArgument, TargetOption, start_of
from advisor.cli.options import JsonOption, RulesOption, assignments, overlays_of
from advisor.cli.reading_options import takes_reading_options
from advisor.errors import FactError

ChangeOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="FACT=VALUE",
        help="A fact to change, such as plan.batch_size=512 (unknown to forget it); repeatable.",
        show_default=False,
    ),
]
GivenOption = Annotated[
    list[str] | None,
    typer.Option("--given", metavar="FACT=VALUE", help="A fact as it is; repeatable.", show_default=False),
]


@takes_reading_options
def what_if(
    source: SourceArgument = None,
    changes: ChangeOption = None,
    given: GivenOption = None,
    sheet: SheetOption = None,
    target: TargetOption = None,
    rules: RulesOption = None,
    as_json: JsonOption = False,
    *,
    reading: Mapping[str, Any],
) -> None:
    """Compare the recommendation before and after facts change, and name the rules responsible.

    The facts as they are come from SOURCE, --facts and --given; --set is what changes.

    \b
    Examples:
      advisor what-if data.advisor.json --set plan.batch_size=512
      advisor what-if --given model.family=mlp --set model.family=cnn
    """
    from advisor.inference import what_if as compare
    from advisor.knowledge import load_rules
    from advisor.reporting.text.questions import what_if_in_words

    if not changes:
        raise FactError("nothing to change; say what with --set plan.batch_size=512")
    start = start_of(source, sheet, given, target, reading=reading, quiet=as_json)
    found = compare(start.facts, load_rules(overlays_of(rules)), assignments(changes), start.advised)
    if as_json:
        show_json(found)
    else:
        say(what_if_in_words(found))
