"""``advisor diagnose``: a training log to symptoms and a changed recipe."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from advisor.cli.console import say, show, show_json
from advisor.cli.facts_source import read_advice, start_of
from advisor.cli.options import JsonOption, RulesOption, SetOption, overlays_of
from advisor.cli.outputs import OpenOption, OutputOption, QuietOption, folder_of, stem_of, tell_files
from advisor.errors import FactError
from advisor.facts import HistoryFacts

LogArgument = Annotated[
    Path,
    typer.Argument(
        metavar="LOG",
        help="A table, JSON or JSON lines, printed lines, TensorBoard events, or a folder with one of them.",
        show_default=False,
    ),
]
AdviceOption = Annotated[
    Path | None, typer.Option(help="The .advisor.json that the run followed, instead of the flags.", show_default=False)
]
FactsOption = Annotated[
    Path | None,
    typer.Option("--facts", help="JSON file with facts about data, model and plan.", show_default=False),
]
OptimizerOption = Annotated[str | None, typer.Option(help="What the run trained with.", show_default=False)]
RateOption = Annotated[
    float | None, typer.Option("--learning-rate", "--lr", help="Peak rate of the run.", show_default="from the log")
]
ScheduleOption = Annotated[
    str | None, typer.Option(help="Schedule of the run, when the rate is not logged.", show_default=False)
]
BatchOption = Annotated[int | None, typer.Option("--batch-size", help="Rows per step.", show_default=False)]
EpochsOption = Annotated[float | None, typer.Option(help="Passes over the rows.", show_default="from the log")]
ClipOption = Annotated[
    float | None, typer.Option("--clip-norm", help="Norm at which gradients were clipped.", show_default=False)
]
ConstantOption = Annotated[
    float | None,
    typer.Option("--constant-loss", help="Loss of the best constant guess, such as 2.303 for 10 classes."),
]
_BY_NAME = "by its name"
LossColumn = Annotated[
    str | None, typer.Option("--loss-column", help="Column of the training loss.", show_default=_BY_NAME)
]
ValidationColumn = Annotated[
    str | None, typer.Option("--validation-column", help="Column of the held-out loss.", show_default=_BY_NAME)
]
RateColumn = Annotated[
    str | None, typer.Option("--rate-column", help="Column of the learning rate.", show_default=_BY_NAME)
]
NormColumn = Annotated[
    str | None, typer.Option("--norm-column", help="Column of the gradient norm.", show_default=_BY_NAME)
]
ReportOption = Annotated[bool, typer.Option("--report/--no-report", help="Write NAME.diagnosis.html and .json.")]
ExplainOption = Annotated[bool, typer.Option("--explain", help="Print every reason with its source.")]


def diagnose(
    log: LogArgument,
    advice: AdviceOption = None,
    optimizer: OptimizerOption = None,
    learning_rate: RateOption = None,
    schedule: ScheduleOption = None,
    batch_size: BatchOption = None,
    epochs: EpochsOption = None,
    clip_norm: ClipOption = None,
    constant_loss: ConstantOption = None,
    loss_column: LossColumn = None,
    validation_column: ValidationColumn = None,
    rate_column: RateColumn = None,
    norm_column: NormColumn = None,
    settings: SetOption = None,
    sheet: FactsOption = None,
    rules: RulesOption = None,
    explain: ExplainOption = False,
    output: OutputOption = None,
    report: ReportOption = True,
    in_browser: OpenOption = False,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Find out from a training log what went wrong, and what to change; write a report.

    The log needs a loss or a held-out loss; learning rate, gradient norm, step and epoch are used when they are there.
    Column names of Lightning, Keras and Hugging Face are known. Options give what the log does not say; without
    the learning rate, factors are printed instead of rates.

    \b
    Examples:
      advisor diagnose metrics.csv --optimizer adamw --learning-rate 3e-4
      advisor diagnose runs/today --advice data.advisor.json
      advisor diagnose log.jsonl --loss-column nll --set model.attention=true --explain
    """
    from advisor.api.diagnosis import diagnose as examine

    folder, stem = folder_of(output, report=report), stem_of(str(log))
    stated = start_of(str(advice) if advice else None, sheet, settings, None).facts
    if stated.history != HistoryFacts():
        raise FactError("facts of the history are read from the log; state those of data, model and plan")
    found = examine(
        log,
        read_advice(advice) if advice else None,
        data=stated.data,
        model=stated.model,
        plan=stated.plan,
        constant_loss=constant_loss,
        loss_column=loss_column,
        validation_column=validation_column,
        rate_column=rate_column,
        norm_column=norm_column,
        rules=overlays_of(rules),
        optimizer=optimizer,
        learning_rate=learning_rate,
        schedule=schedule,
        batch_size=batch_size,
        epochs=epochs,
        clip_norm=clip_norm,
    )
    if report:
        found.to_html(folder / f"{stem}.diagnosis.html")
        found.to_json(folder / f"{stem}.diagnosis.json")
    if as_json:
        show_json(found)
        return
    if explain and not quiet:
        say(found.explain())
    elif not quiet:
        from advisor.reporting.terminal.diagnosis import render_diagnosis

        show(render_diagnosis(found))
    if report:
        tell_files(folder, stem, "diagnosis", quiet=quiet, in_browser=in_browser)
