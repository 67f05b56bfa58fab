"""``advisor why-not``: what keeps a rule from firing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from advisor.cli.console import say, show_json
from advisor.cli.facts_source import SheetOption, SourceArgument, TargetOption, start_of
from advisor.cli.options import JsonOption, RulesOption, SetOption, overlays_of
from advisor.cli.reading_options import takes_reading_options


@takes_reading_options
def why_not(
    rule_id: Annotated[str, typer.Argument(metavar="RULE", help="The rule's id; `advisor rules list` has them.")],
    source: SourceArgument = None,
    settings: SetOption = None,
    sheet: SheetOption = None,
    target: TargetOption = None,
    rules: RulesOption = None,
    as_json: JsonOption = False,
    *,
    reading: Mapping[str, Any],
) -> None:
    """Say why a rule does not fire, with the smallest change of facts that makes it fire.

    \b
    Examples:
      advisor why-not adam-batch data.advisor.json
      advisor why-not adam-batch --set model.family=mlp
    """
    from advisor.inference import what_if
    from advisor.inference import why_not as reason
    from advisor.knowledge import load_rules
    from advisor.reporting.sentences.template import fill
    from advisor.reporting.text.questions import why_not_in_words

    base = load_rules(overlays_of(rules))
    facts = start_of(source, sheet, settings, target, reading=reading, quiet=as_json).facts
    found = reason(rule_id, facts, base)
    if as_json:
        show_json(found)
        return
    say(why_not_in_words(found))
    if found.changes:
        then = what_if(facts, base, {change.fact: change.to for change in found.changes})
        rates = {"before": then.before.learning_rate, "after": then.after.learning_rate}
        say(
            "\n"
            + fill(
                "The recommended learning rate would change from {before:rate} to {after:rate}; advisor what-if shows "
                "why.",
                **rates,
            )
        )
