"""``advisor ask``: which unknown fact is worth telling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from advisor.cli.console import show_json
from advisor.cli.facts_source import SheetOption, SourceArgument, TargetOption, facts_of
from advisor.cli.options import JsonOption, RulesOption, SetOption, overlays_of

if TYPE_CHECKING:
    from advisor.inference import Question


def ask(
    source: SourceArgument = None,
    settings: SetOption = None,
    sheet: SheetOption = None,
    target: TargetOption = None,
    top: Annotated[int, typer.Option(help="Questions to print.", min=1)] = 5,
    rules: RulesOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask for the unknown facts that would change the answer most, and say how to tell them.

    Examples: advisor ask data.advisor.json    advisor ask --set model.family=transformer --set plan.epochs=10
    """
    from advisor.inference import ask as questions
    from advisor.knowledge import load_rules

    found = questions(facts_of(source, sheet, settings, target, quiet=as_json), load_rules(overlays_of(rules)))
    if as_json:
        show_json(found)
        return
    if not found:
        typer.echo("Nothing that is unknown would change the answer.")
        return
    for number, question in enumerate(found[:top], 1):
        typer.echo(f"{number}. {question}\n")
    if len(found) > top:
        typer.echo(f"and {len(found) - top} more that change less: --top {len(found)}")
    typer.echo(_narrowing(found))


def _narrowing(found: tuple[Question, ...]) -> str:
    best = max(found, key=lambda question: question.narrows)
    if best.narrows < 1.01:
        return "No single answer narrows the interval; short training does: advisor profile."
    now, then = best.interval_ratio, best.narrowest.interval_ratio
    return f"{best.fact} narrows the interval most: from a factor {now:.3g} between its ends to {then:.3g} at best."
