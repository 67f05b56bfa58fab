"""``advisor facts``: every fact a rule can name, or the facts of a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any

import typer

from advisor.cli.console import progress_bar, show, show_json
from advisor.cli.options import JsonOption, SeedOption
from advisor.cli.reading_options import takes_reading_options
from advisor.facts.registry import registry


@takes_reading_options
def facts(
    source: Annotated[
        str | None, typer.Argument(help="Table to profile, or -; without one, every fact is listed with its unit.")
    ] = None,
    target: Annotated[str | None, typer.Option(help="Column to predict.", show_default="guessed")] = None,
    memory: Annotated[
        str | None, typer.Option(help="Memory limit while reading, such as 500MB.", show_default=False)
    ] = None,
    seed: SeedOption = 0,
    as_json: JsonOption = False,
    *,
    reading: Mapping[str, Any],
) -> None:
    """List every fact that rules can name, or print the facts of a table.

    \b
    Examples:
      advisor facts | grep plan.
      advisor facts data.csv --target price
    """
    if source is None:
        _list(as_json)
        return
    from advisor.profiling import profile

    with progress_bar(quiet=as_json) as progress:
        found = profile(source, target=target, reading=reading, memory=memory, seed=seed, progress=progress)
    if as_json:
        show_json(found)
        return
    from advisor.reporting.terminal import advice as terminal

    show(terminal.render_facts(found))


def _list(as_json: bool) -> None:
    if as_json:
        show_json([asdict(item) for item in registry().values()])
        return
    from advisor.reporting.terminal.registry import FactList

    show(FactList(tuple(registry().values())))
