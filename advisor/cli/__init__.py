"""The command line: one module per command.

Exit codes: 0 done; 1 a check found problems (``advisor rules check``); 2 the input cannot be used (the message says
what, where and what to do; nothing was written); 130 interrupted. What a model of the user's own raises keeps its
traceback.
"""

from __future__ import annotations

import gc
import io
import logging
import os
import re
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from itertools import pairwise
from typing import Any

import typer

from advisor import files, interrupts
from advisor._version import __version__
from advisor.border import comes_from_user, first_line
from advisor.cleaning import plain_lines
from advisor.cli import (
    ask_command,
    code_command,
    diagnose_command,
    explain_command,
    facts_command,
    inspect_command,
    profile_command,
    recommend_command,
    report_command,
    rules_commands,
    tune_plan_command,
    watch_command,
    what_if_command,
    why_not_command,
)
from advisor.cli.language_option import takes_language
from advisor.errors import AdvisorError, requirement

app = typer.Typer(
    name="advisor",
    help="Which optimizer, which learning rate, as which curve over the run, and why.",
    epilog=(
        "Start with: advisor profile data.csv — "
        "exit codes: 0 done, 1 a check found problems, 2 the input cannot be used, 130 interrupted."
    ),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"advisor {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    _version: bool = typer.Option(
        False, "--version", callback=_print_version, is_eager=True, help="Print the version and stop."
    ),
    verbose: bool = typer.Option(False, "--verbose", "-v", help="Show what the library logs."),
) -> None:
    logging.basicConfig(level=logging.INFO if verbose else logging.ERROR, format="%(name)s: %(message)s")
    if not verbose:
        logging.getLogger("advisor.knowledge").setLevel(logging.WARNING)  # what an overlay adjusts has changed


app.command("profile")(takes_language(profile_command.profile))
app.command("facts")(takes_language(facts_command.facts))
app.command("inspect")(takes_language(inspect_command.inspect))
app.command("recommend")(takes_language(recommend_command.recommend))
app.command("explain")(takes_language(explain_command.explain))
app.command("why-not")(takes_language(why_not_command.why_not))
app.command("what-if")(takes_language(what_if_command.what_if))
app.command("ask")(takes_language(ask_command.ask))
app.command("diagnose")(takes_language(diagnose_command.diagnose))
app.command("watch")(takes_language(watch_command.watch))
app.command("tune-plan")(takes_language(tune_plan_command.tune_plan))
app.command("report")(takes_language(report_command.report))
app.command("code")(code_command.code)
app.add_typer(rules_commands.app, name="rules")


def main() -> None:
    """Run the command line; bad input ends with its message and exit code 2, never with a traceback."""
    gc.freeze()  # what importing made stays; looking through it again and again costs a tenth of the start
    try:
        code = _run()
    except BaseException as error:  # noqa: BLE001 - the last place that can say it in a sentence
        code = _ended_by(error)
    interrupts.stop_listening()
    if interrupts.was_pressed() or code == interrupts.EXIT_CODE:
        code = interrupts.EXIT_CODE
        _say(interrupts.sentence())
    sys.exit(code)


@cache
def _command() -> Any:
    """Return all commands as one, put together once: a process may run several."""
    return typer.main.get_command(app)


def _run() -> int:
    """Run a command to its end and return its exit code; what it prints has left the process then."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # names of files that are no UTF-8
    try:
        found = _command()(standalone_mode=False)
        code = found if isinstance(found, int) else 0
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 0 if stop.code is None else 2
    sys.stdout.flush()
    return code


def _ended_by(error: BaseException) -> int:
    """Say why a command ended, and return its exit code."""
    if interrupts.was_pressed() or isinstance(error, KeyboardInterrupt):
        return interrupts.EXIT_CODE
    if isinstance(error, BrokenPipeError):  # whoever read has seen enough
        _drop_output()
        return 1
    if isinstance(error, AdvisorError):
        _say(f"error: {error.spoken or error}")
    elif hasattr(error, "format_message"):
        _say_usage(error)
    elif isinstance(error, OSError) and error.filename is None:
        _say(f"error: standard output: cannot be written ({files.reason(error)})")
        _drop_output()
    elif comes_from_user(error.__traceback__) or logging.getLogger().isEnabledFor(logging.INFO):
        _say("".join(traceback.format_exception(error)).rstrip())
    else:
        _say(f"error: this input cannot be used ({first_line(error)}); --verbose shows where that came up")
    return 2


def _say_usage(error: Any) -> None:
    context = getattr(error, "ctx", None)
    message = error.format_message()
    if context is not None and message:
        _say(context.get_usage())
    if not message:  # without a command, the help has been printed
        return
    _say(f"error: {requirement(message)}")
    if context is not None:
        _say(f"{_what_was_meant(message, sys.argv)}{context.command_path} --help says what it takes")


def _what_was_meant(message: str, arguments: Sequence[str]) -> str:
    """Return what an unexpected argument was meant as: an option's value, or a fact; empty where that is not clear.

    >>> _what_was_meant("Got unexpected extra argument(s) (x.html)", ["advisor", "profile", "d", "--report", "x.html"])
    '--report takes no value; '
    >>> _what_was_meant("Got unexpected extra argument(s) (plan.epochs=9)", ["advisor", "profile", "plan.epochs=9"])
    'a fact is given as --set plan.epochs=9; '
    """
    if "unexpected extra argument" not in message:
        return ""
    fact = re.search(r"\((?:.* )?((?:data|model|plan|probe|run)\.[\w.]+=\S*?)[ )]", message)
    if fact is not None:
        return f"a fact is given as --set {fact[1]}; "
    pairs = pairwise(arguments)
    options = (option for option, value in pairs if option.startswith("-") and f"({value}" in message)
    return next((f"{option} takes no value; " for option in options), "")


def _say(text: str) -> None:
    with suppress(OSError, ValueError):
        sys.stderr.write(plain_lines(text) + "\n")
        sys.stderr.flush()


def _drop_output() -> None:
    """Let nothing more be written to standard output, where Python would try once again at its end."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
