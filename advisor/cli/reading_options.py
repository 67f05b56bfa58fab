"""The options that say how a file of text is to be read, shared by every command that reads one."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any

import typer

from advisor.cli.added_options import add_options
from advisor.errors import DataError

_HELP = {"rich_help_panel": "How a file of text is read (what you leave out is worked out, and printed)"}


def _option(*names: str, text: str, metavar: str | None = None) -> Any:
    return typer.Option(*names, help=text, metavar=metavar, show_default=False, **_HELP)  # type: ignore[arg-type]


_PARAMETERS: dict[str, Any] = {
    "delimiter": Annotated[
        str | None, _option("--delimiter", text='Between fields, such as ; or ::, "tab" or "blank".')
    ],
    "quote": Annotated[str | None, _option("--quote", text='Around fields: one character or "none".')],
    "encoding": Annotated[str | None, _option("--encoding", text="Such as utf-8, cp1252, cp949 or utf-16.")],
    "decimal": Annotated[str | None, _option("--decimal", text='Decimal sign of numbers: "." or ",".')],
    "thousands": Annotated[str | None, _option("--thousands", text="Sign between groups of three digits.")],
    "na": Annotated[
        list[str] | None, _option("--na", text="A word or code for missing values, such as -999; repeatable.")
    ],
    "header": Annotated[bool | None, _option("--header/--no-header", text="Whether the first line holds names.")],
    "skip": Annotated[int | None, _option("--skip", text="Lines to leave out at the top.")],
    "types": Annotated[
        list[str] | None,
        _option("--types", text="Kind of a column: number, text, date or boolean; repeatable.", metavar="COLUMN=KIND"),
    ],
    "date_format": Annotated[str | None, _option("--date-format", text="Of dates, such as %d/%m/%Y.")],
    "engine": Annotated[
        str | None, _option("--engine", text="spark: read files on a cluster instead of this machine.", metavar="NAME")
    ],
    "table": Annotated[
        str | None,
        _option("--table", text="Table, sheet, array or file of several in the source.", metavar="NAME"),
    ],
}


def takes_reading_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options on reading; it gets them together, as its parameter ``reading``."""

    @wraps(command)
    def with_options(*arguments: Any, **settings: Any) -> None:
        given = {name: settings.pop(name) for name in _PARAMETERS}
        command(*arguments, **settings, reading=_reading(given))

    add_options(with_options, command, _PARAMETERS, instead_of="reading")
    return with_options


def _reading(given: dict[str, Any]) -> dict[str, Any]:
    """Return what was said, with ``COLUMN=KIND`` taken apart.

    Raises:
        DataError: a kind without a column.
    """
    said = {name: value for name, value in given.items() if value is not None and value != []}
    if "types" in said:
        pairs = [item.rpartition("=") for item in said["types"]]
        for column, equals, kind in pairs:
            if not equals or not column:
                raise DataError(f"--types {column}{equals}{kind}: must be COLUMN=KIND, such as --types zip=text")
        said["types"] = {column: kind for column, _, kind in pairs}
    return said
