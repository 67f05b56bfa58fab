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
from advisor.files import write_text
from advisor.language import gettext as _


def report(
    result: Annotated[Path, typer.Argument(help="A .advisor.json or .diagnosis.json file.")],
    other: Annotated[
        Path | None, typer.Argument(help="A second .advisor.json file, to lay both side by side.", show_default=False)
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="HTML file to write.", show_default="beside the JSON file"),
    ] = None,
    in_browser: OpenOption = False,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Write the HTML page again from a JSON file; or lay two results side by side, and name what differs.

    Two results are printed; with --output or --open a page shows them.

    \b
    Examples:
      advisor report data.advisor.json -o report.html
      advisor report log.diagnosis.json --open
      advisor report before.advisor.json after.advisor.json
      advisor report before.advisor.json after.advisor.json -o both.html
    """
    if other is not None:
        _compare(result, other, output, in_browser=in_browser, quiet=quiet, as_json=as_json)
        return
    found = read_result(result)
    path = output or result.with_name(result.name.removesuffix(".json") + ".html")
    _check_folder(path)
    found.to_html(path)
    if as_json:
        say(found.to_json().rstrip("\n"))
    else:
        say(str(path) if quiet else _("Report: {page}").format(page=path))
    if in_browser:
        open_page(path)


def _compare(left: Path, right: Path, output: Path | None, *, in_browser: bool, quiet: bool, as_json: bool) -> None:
    from advisor.reporting.text.side_by_side import in_words
    from advisor.reporting.views.side_by_side import side_by_side

    advices = read_advice(left), read_advice(right)
    names = (left.name, right.name) if left.name != right.name else (str(left), str(right))
    path = output
    if path is None and in_browser:
        path = left.with_name(f"{_stem(left)}-{_stem(right)}.html")
    if path is not None:
        from advisor.reporting.html.side_by_side import render

        _check_folder(path)
        write_text(path, render(*advices, names))
    if as_json:
        found = side_by_side(*advices)
        show_json({**asdict(found), "differences": found.differences})
    elif path is not None:
        say(str(path) if quiet else f"Report: {path}")
    else:
        say(in_words(side_by_side(*advices), *names).rstrip("\n"))
    if path is not None and in_browser:
        open_page(path)


def _stem(path: Path) -> str:
    return path.name.removesuffix(".json").removesuffix(".advisor")


def _check_folder(path: Path) -> None:
    if not path.parent.is_dir():
        raise DataError(f"--output {path}: the folder {path.parent} does not exist")
