"""Where commands that write a page and its data put them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from advisor.cli.console import say
from advisor.cli.standard_input import STDIN
from advisor.errors import DataError
from advisor.language import gettext as _

OutputOption = Annotated[
    Path | None,
    typer.Option("--output", "-o", help="Folder for the report and the JSON file.", show_default="here"),
]

OpenOption = Annotated[bool, typer.Option("--open", help="Show the page in the browser when it is written.")]
QuietOption = Annotated[
    bool, typer.Option("--quiet", "-q", help="Print only the paths of the files written, and no progress.")
]


def folder_of(output: Path | None, *, report: bool) -> Path:
    """Return the folder to write to.

    Raises:
        DataError: a report is wanted and the folder does not exist.
    """
    folder = output or Path()
    if report and not folder.is_dir():
        raise DataError(f"--output {folder}: no such folder; create it first, or omit --output")
    return folder


def stem_of(source: str) -> str:
    """Return what files made from a source are called: its name without compression and ending.

    >>> stem_of("houses.csv.gz"), stem_of("part-*.parquet"), stem_of("runs/today")
    ('houses', 'part-_', 'today')
    """
    if source == STDIN:
        return "stdin"
    path = Path(source)
    name = path.name or path.resolve().name  # "." is a log folder's name
    for compression in (".gz", ".zst"):
        name = name.removesuffix(compression)
    return Path(name.replace("*", "_").replace("?", "_")).stem or "table"


def tell_files(
    folder: Path, stem: str, kind: Literal["advisor", "diagnosis"], *, quiet: bool, in_browser: bool
) -> None:
    """Print where page and data are, and show the page in the browser when that is wanted."""
    page, data = folder / f"{stem}.{kind}.html", folder / f"{stem}.{kind}.json"
    say(
        f"{page}\n{data}"
        if quiet
        else "\n" + _("Report: {page}").format(page=page) + "\n" + _("Data: {data}").format(data=data)
    )
    if in_browser:
        open_page(page)


def open_page(page: Path) -> None:
    """Show a page in the browser; where there is none, the path that was printed has to do."""
    typer.launch(page.resolve().as_uri())


def identifier_of(stem: str) -> str:
    """Return a name that a Python module can have.

    >>> identifier_of("2024 sales.v2")
    '_2024_sales_v2'
    """
    name = "".join(sign if sign.isalnum() or sign == "_" else "_" for sign in stem)
    return name if name.isidentifier() else f"_{name}"
