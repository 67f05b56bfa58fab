"""``advisor profile``: from a table to a learning rate that was checked by training."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from advisor.cli.console import progress_bar, say, show, show_json
from advisor.cli.options import (
    BatchOption,
    EpochsOption,
    JsonOption,
    LearningRateOption,
    OptimizerOption,
    RulesOption,
    ScheduleOption,
    SeedOption,
    SetOption,
    assignments,
    overlays_of,
    plan_of,
)
from advisor.cli.outputs import OpenOption, OutputOption, QuietOption, folder_of, identifier_of, stem_of, tell_files
from advisor.cli.programs import programs_of, run_program, write_program
from advisor.cli.reading_options import takes_reading_options
from advisor.cli.standard_input import kept
from advisor.errors import PlanError, did_you_mean
from advisor.facts.names import Budget
from advisor.language import gettext as _


@takes_reading_options
def profile(
    source: Annotated[
        str,
        typer.Argument(
            help="File of CSV or other text, Parquet, JSON, Excel, SQLite … (also packed), folder, glob, or -."
        ),
    ],
    target: Annotated[str | None, typer.Option(help="Column to predict.", show_default="guessed")] = None,
    model: Annotated[
        str,
        typer.Option(help="auto, linear, logistic, mlp[:128,64] or resnet-tabular; auto sizes an MLP to the table."),
    ] = "auto",
    epochs: EpochsOption = None,
    batch_size: BatchOption = None,
    optimizer: OptimizerOption = None,
    schedule: ScheduleOption = None,
    learning_rate: LearningRateOption = None,
    budget: Annotated[
        str,
        typer.Option(help="How much to train for the check: none, quick, standard, thorough, or a number of seconds."),
    ] = "standard",
    plan_from: Annotated[
        Path | None,
        typer.Option(
            "--plan-from",
            help="Repeat the check of an earlier .advisor.json on the same job, in place of a budget: the same trials "
            "and the same answer, whatever the clock says.",
            show_default=False,
        ),
    ] = None,
    output: OutputOption = None,
    report: Annotated[bool, typer.Option("--report/--no-report", help="Write NAME.advisor.html and .json.")] = True,
    code: Annotated[
        Path | None,
        typer.Option("--code", help="Write the program that trains this, such as train.py.", show_default=False),
    ] = None,
    train: Annotated[
        bool, typer.Option("--train", help="Train at once; leaves NAME_train.py and the trained model in the folder.")
    ] = False,
    memory: Annotated[
        str | None, typer.Option(help="Memory limit while reading, such as 500MB.", show_default=False)
    ] = None,
    facts: SetOption = None,
    rules: RulesOption = None,
    seed: SeedOption = 0,
    in_browser: OpenOption = False,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
    *,
    reading: Mapping[str, Any],
) -> None:
    """Profile a table, recommend optimizer, learning rate and schedule, check them by training, write a report.

    \b
    Examples:
      advisor profile houses.csv --target price --epochs 30
      advisor profile houses.csv --optimizer AdamW --lr 3e-4 --budget quick --open
      advisor profile houses.csv --target price --code train.py
      advisor profile houses.csv --target price --set plan.early_stopping=true
      advisor profile houses.csv --target price --plan-from earlier/houses.advisor.json
      zcat houses.csv.gz | advisor profile - --target price
    """
    from advisor.pipeline import advise
    from advisor.reporting.terminal import advice as terminal

    plan = plan_of(
        epochs=epochs, batch_size=batch_size, optimizer=optimizer, schedule=schedule, learning_rate=learning_rate
    )
    overlays = overlays_of(rules)
    folder, stem = folder_of(output, report=report or train), stem_of(source)
    programs = programs_of(code, folder / f"{identifier_of(stem)}_train.py" if train else None)
    if plan_from is not None and budget != "standard":
        raise PlanError(f"--budget {budget}: --plan-from repeats the check of its result; leave --budget out")
    checked = checked_budget(budget)
    with progress_bar(quiet=quiet or as_json) as progress, kept(source if train else "") as piped:
        advice = advise(
            model,
            source,
            plan=plan,
            target=target,
            budget=checked,
            reading=reading,
            memory=memory,
            rules=overlays,
            seed=seed,
            progress=progress,
            facts=assignments(facts),
            plan_from=plan_from,
        )
        if report:
            progress("writing the report", None)
            advice.to_html(folder / f"{stem}.advisor.html")
            advice.to_json(folder / f"{stem}.advisor.json")
        if as_json:
            show_json(advice)
        elif not quiet:
            show(terminal.render(advice))
        if report and not as_json:
            tell_files(folder, stem, "advisor", quiet=quiet, in_browser=in_browser)
        for path in programs:
            write_program(advice, path, data=source)
            if not as_json:
                say(_("Program: {path}").format(path=path))
        said = run_program(programs[-1], progress, piped) if train else ""
    if said and not as_json:
        say(f"\n{said.rstrip()}")


def checked_budget(name: str) -> Budget | float:
    """Return the budget by name, or as seconds.

    Raises:
        PlanError: there is no such budget, or the seconds are not positive.
    """
    budgets: dict[str, Budget] = {"none": "none", "quick": "quick", "standard": "standard", "thorough": "thorough"}
    if name.lower() in budgets:
        return budgets[name.lower()]
    try:
        seconds = float(name)
    except ValueError:
        seconds = 0.0
    if not 0.0 < seconds < float("inf"):
        raise PlanError(
            f"--budget {name}: must be a number of seconds or one of {', '.join(budgets)}{did_you_mean(name, budgets)}"
        )
    return seconds
