"""``advisor report``: the HTML page again, from the JSON file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from advisor.cli.console import say
from advisor.cli.facts_source import read_result
from advisor.cli.options import JsonOption
from advisor.errors import DataError


def report(
    result: Annotated[Path, typer.Argument(help="A .advisor.json or .diagnosis.json file.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="HTML file to write.", show_default="beside the JSON file")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Render the HTML report again from a JSON file, for example after an upgrade.

    \b
    Examples:
      advisor report data.advisor.json -o report.html
      advisor report log.diagnosis.json
    """
    found = read_result(result)
    path = output or result.with_name(result.name.removesuffix(".json") + ".html")
    if not path.parent.is_dir():
        raise DataError(f"--output {path}: the folder {path.parent} does not exist")
    found.to_html(path)
    say(found.to_json().rstrip("\n") if as_json else f"Report: {path}")
