"""``advisor diagnose``: what a training log shows, and what to change."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from advisor.cli.console import show_json
from advisor.cli.facts_source import SheetOption, facts_of
from advisor.cli.options import JsonOption, OptimizerOption, RulesOption, SetOption, overlays_of

LogArgument = Annotated[
    Path,
    typer.Argument(
        metavar="LOG",
        help="CSV or TSV, JSON lines, trainer_state.json, or a folder with TensorBoard events or one of these.",
        show_default=False,
    ),
]
RateOption = Annotated[
    float | None,
    typer.Option("--learning-rate", help="Peak rate of the run, when the log does not hold it.", show_default=False),
]
ClipOption = Annotated[
    float | None, typer.Option("--clip-norm", help="Gradient norm at which the run clipped.", show_default=False)
]
ChanceOption = Annotated[
    float | None,
    typer.Option(help="Loss of the best constant prediction, such as 2.303 for ten classes.", show_default=False),
]
ColumnOption = Annotated[
    str | None, typer.Option("--loss-column", help="Training loss, when not recognised.", show_default=False)
]
HeldOutOption = Annotated[
    str | None, typer.Option("--validation-column", help="Held-out loss, when not recognised.", show_default=False)
]


def diagnose(
    log: LogArgument,
    optimizer: OptimizerOption = None,
    learning_rate: RateOption = None,
    clip_norm: ClipOption = None,
    chance: ChanceOption = None,
    loss_column: ColumnOption = None,
    validation_column: HeldOutOption = None,
    settings: SetOption = None,
    sheet: SheetOption = None,
    rules: RulesOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read a training log: what went wrong, where, and what to change in the recipe.

    Logs of Lightning, Keras, Hugging Face, TensorBoard and plain loops are recognised by the names of their columns.
    More is known about the run with --optimizer, --learning-rate and --set; nothing is trained.

    Examples: advisor diagnose metrics.csv --optimizer adamw
    advisor diagnose lightning_logs/version_0
    advisor diagnose log.jsonl --learning-rate 0.1 --loss-column objective --set model.family=cnn
    """
    from advisor.diagnosis import diagnose as read

    stated = [*(settings or ()), *([f"plan.optimizer={optimizer}"] if optimizer else ())]
    facts = facts_of(None, sheet, stated, None)
    named = {"loss": loss_column, "validation_loss": validation_column}
    found = read(
        log,
        data=facts.data,
        model=facts.model,
        plan=facts.plan,
        learning_rate=learning_rate,
        clip_norm=clip_norm,
        chance=chance,
        columns={role: column for role, column in named.items() if column},
        rules=overlays_of(rules),
    )
    if as_json:
        show_json(found)
    else:
        typer.echo(str(found), nl=False)
