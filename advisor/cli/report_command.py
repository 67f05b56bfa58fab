"""``advisor report``: the HTML page again from the JSON file, or two results side by side."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from advisor.cli.console import say, show_json
from advisor.cli.facts_source import read_advice, read_result
from advisor.cli.options import JsonOption
from advisor.cli.outputs import OpenOption, QuietOption, open_page
from advisor.errors import DataError
from advisor.language import gettext as _


def report(
    result: Annotated[Path, typer.Argument(help="A .advisor.json or .diagnosis.json file.")],
    other: Annotated[
        Path | None, typer.Argument(help="A second .advisor.json file, to print both side by side.", show_default=False)
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="HTML file to write.", show_default="beside the JSON file")
    ] = None,
    in_browser: OpenOption = False,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Write the HTML page again from a JSON file; or print two results side by side, and what differs.

    \b
    Examples:
      advisor report data.advisor.json -o report.html
      advisor report log.diagnosis.json --open
      advisor report before.advisor.json after.advisor.json
    """
    if other is not None:
        if output is not None or in_browser:
            raise DataError("two results are printed, not drawn; leave out --output and --open, or give one result")
        _compare(result, other, as_json=as_json)
        return
    found = read_result(result)
    path = output or result.with_name(result.name.removesuffix(".json") + ".html")
    if not path.parent.is_dir():
        raise DataError(f"--output {path}: the folder {path.parent} does not exist")
    found.to_html(path)
    if as_json:
        say(found.to_json().rstrip("\n"))
    else:
        say(str(path) if quiet else _("Report: {page}").format(page=path))
    if in_browser:
        open_page(path)


def _compare(left: Path, right: Path, *, as_json: bool) -> None:
    from advisor.reporting.text.side_by_side import in_words, side_by_side

    found = side_by_side(read_advice(left), read_advice(right))
    if as_json:
        show_json({**asdict(found), "differences": found.differences})
        return
    names = (left.name, right.name) if left.name != right.name else (str(left), str(right))
    say(in_words(found, *names).rstrip("\n"))
