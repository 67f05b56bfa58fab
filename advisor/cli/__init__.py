"""The command line: one module per command.

Exit codes: 0 done; 1 a check found problems (``advisor rules check``); 2 the input cannot be used (the message says
what, where and what to do; nothing was written); 130 interrupted.
"""

from __future__ import annotations

import gc
import logging
import sys

import typer

from advisor._version import __version__
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
from advisor.errors import AdvisorError

app = typer.Typer(
    name="advisor",
    help="Which optimizer, which learning rate, as which curve over the run, and why.",
    epilog=(
        "Start with: advisor profile data.csv — "
        "exit codes: 0 done, 1 a check found problems, 2 the input cannot be used, 130 interrupted."
    ),
    no_args_is_help=True,
    add_completion=False,
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


app.command("profile")(profile_command.profile)
app.command("facts")(facts_command.facts)
app.command("inspect")(inspect_command.inspect)
app.command("recommend")(recommend_command.recommend)
app.command("explain")(explain_command.explain)
app.command("why-not")(why_not_command.why_not)
app.command("what-if")(what_if_command.what_if)
app.command("ask")(ask_command.ask)
app.command("diagnose")(diagnose_command.diagnose)
app.command("watch")(watch_command.watch)
app.command("tune-plan")(tune_plan_command.tune_plan)
app.command("report")(report_command.report)
app.command("code")(code_command.code)
app.add_typer(rules_commands.app, name="rules")


def main() -> None:
    """Run the command line; bad input ends with its message and exit code 2, never with a traceback."""
    gc.freeze()  # what importing made stays; looking through it again and again costs a tenth of the start
    try:
        app()
    except AdvisorError as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(2)
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; nothing was written\n")
        sys.exit(130)
