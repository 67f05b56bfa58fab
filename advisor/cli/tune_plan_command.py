"""``advisor tune-plan``: how to tune by hand, with the numbers of this task."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from advisor.cli.console import say, show_json
from advisor.cli.facts_source import SheetOption, SourceArgument, TargetOption, is_advice, read_advice, start_of
from advisor.cli.options import JsonOption, RulesOption, SetOption, overlays_of
from advisor.cli.reading_options import takes_reading_options
from advisor.facts import ModelFacts

ModelOption = Annotated[
    str | None,
    typer.Option(help="Preset, such as mlp:128,64 or logistic.", show_default="auto for a table, else the facts'"),
]


@takes_reading_options
def tune_plan(
    source: SourceArgument = None,
    settings: SetOption = None,
    sheet: SheetOption = None,
    model: ModelOption = None,
    target: TargetOption = None,
    rules: RulesOption = None,
    as_json: JsonOption = False,
    *,
    reading: Mapping[str, Any],
) -> None:
    """Print the five steps of tuning by hand, filled in for this task.

    Range test, base training, schedule, batch, regularisation: which values to try, for how many epochs, what to look
    for, when to stop, and what comes next. The numbers are those of `advisor
    recommend`, or of the trials when SOURCE is an advice.

    \b
    Examples:
      advisor tune-plan data.csv --target price
      advisor tune-plan --set model.family=transformer --set plan.epochs=10 --set data.rows=50000
    """
    from advisor.inference import tune_plan as fill_in
    from advisor.knowledge import load_rules

    facts = start_of(source, sheet, settings, target, reading=reading, quiet=as_json).facts
    is_table = source is not None and not source.lower().endswith(".json")
    if model is not None or (is_table and facts.model == ModelFacts()):
        from advisor.inspection import inspect

        facts = facts.model_copy(update={"model": inspect(model or "auto", data=facts.data)})
    as_advised = source is not None and is_advice(source) and not (settings or sheet or model)
    tried = read_advice(Path(source)).recommendation if source is not None and as_advised else None
    found = fill_in(facts, load_rules(overlays_of(rules)), tried)
    if as_json:
        show_json(found)
    else:
        from advisor.reporting.text.tuning import tuning_in_words

        say(tuning_in_words(found), end="")
