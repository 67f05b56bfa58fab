"""``advisor code``: the program that trains what was checked, from the JSON file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from advisor.cli.console import show_json
from advisor.cli.facts_source import read_advice
from advisor.cli.options import JsonOption
from advisor.cli.programs import programs_of
from advisor.language import gettext as _


def code(
    result: Annotated[Path, typer.Argument(help="A .advisor.json file.")],
    framework: Annotated[
        str, typer.Option(help="torch, lightning, huggingface, keras or sklearn, which trains its own networks only.")
    ] = "torch",
    data: Annotated[
        str | None, typer.Option(help="Path of the table.", show_default="its name, in the folder you start in")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Python file to write.", show_default="printed")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write the program that trains what was checked, without advisor.

    Example: advisor code data.advisor.json -o train.py
    """
    from advisor.recipe.code import program_of

    advice = read_advice(result)
    paths = programs_of(output)
    text = program_of(advice, framework, data=data, file=output.name if output else "train.py")  # type: ignore[arg-type]
    for path in paths:
        path.write_text(text, encoding="utf-8")
    if as_json:
        show_json({"framework": framework, "code": text})
    elif output is None:
        typer.echo(text.rstrip("\n"))
    else:
        typer.echo(_("Program: {path}").format(path=output))
