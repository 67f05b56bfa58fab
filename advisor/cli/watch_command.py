"""``advisor watch``: a training log that is being written, looked at as it grows."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from advisor.cli.console import say
from advisor.cli.facts_source import read_advice
from advisor.cli.options import JsonOption
from advisor.language import gettext as _
from advisor.language import phrase

BEGINNING = phrase("{log}: {points:count} points so far. Looks every {every} s, until none has come for {patience} s.")
LENGTH_UNKNOWN = phrase(
    "A run that learns nothing, or nothing more, is seen where its length is known: --total-steps, or afterwards "
    "`advisor diagnose {log}`."
)


def watch(
    log: Annotated[
        Path,
        typer.Argument(metavar="LOG", help="A table, JSON lines or TensorBoard events, or a folder with one of them."),
    ],
    advice: Annotated[
        Path | None, typer.Option(help="The .advisor.json that the run follows.", show_default=False)
    ] = None,
    total_steps: Annotated[
        int | None, typer.Option("--total-steps", help="Length of the run, in what the log counts.", min=1)
    ] = None,
    every: Annotated[float, typer.Option(help="Seconds between two looks.", min=0.1)] = 10.0,
    once: Annotated[bool, typer.Option("--once", help="Look once at what is there, and end.")] = False,
    patience: Annotated[float, typer.Option(help="Seconds without a new point after which the run has ended.")] = 600.0,
    as_json: JsonOption = False,
) -> None:
    """Watch a training log while it is being written, and say what goes wrong when it begins.

    Exit code 1 when a problem was seen.

    Example: advisor watch runs/today --advice data.advisor.json
    """
    from advisor.guard.watch import LogWatch
    from advisor.reporting.sentences.template import fill

    watched = LogWatch(log, read_advice(advice) if advice else None, total_steps=total_steps)
    quiet_since = time.monotonic()
    begun = once or as_json
    while True:
        found = watched.look()
        if not begun:
            times = {"every": f"{every:g}", "patience": f"{patience:g}"}
            say(fill(BEGINNING, log=str(log), points=watched.points, **times))
            begun = True
        for problem in found:
            say(problem.to_json() if as_json else str(problem))
        if watched.has_grown:
            quiet_since = time.monotonic()
        if once or time.monotonic() - quiet_since > patience:
            break
        time.sleep(every)
    if watched.problems:
        raise typer.Exit(1)
    if not as_json:
        say(_("No problem seen."))
        if not watched.knows_length:
            say(fill(LENGTH_UNKNOWN, log=str(log)))
