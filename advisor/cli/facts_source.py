"""Where a command's facts come from: an advice or fact sheet in JSON, a table, and what is stated by hand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from advisor.cleaning import plain
from advisor.cli.console import progress_bar
from advisor.cli.options import assignments
from advisor.errors import DataError, FactError
from advisor.facts import Facts, with_facts
from advisor.files import parse_json, read_text

if TYPE_CHECKING:
    from advisor.api.advice import Advice
    from advisor.api.diagnosis import Diagnosis

SourceArgument = Annotated[
    str | None,
    typer.Argument(metavar="[SOURCE]", help="A .advisor.json file, a JSON fact sheet, or a table to profile."),
]
SheetOption = Annotated[
    Path | None,
    typer.Option("--facts", help='JSON file with facts: a tree, or {"fact.path": value}.', show_default=False),
]
TargetOption = Annotated[
    str | None, typer.Option(help="Column to predict, when the source is a table.", show_default="guessed")
]


def facts_of(
    source: str | None,
    sheet: Path | None,
    stated: list[str] | None,
    target: str | None,
    *,
    reading: Mapping[str, Any] | None = None,
    quiet: bool = False,
) -> Facts:
    """Return the facts of a source, then those of a sheet, then those stated; later ones win.

    Raises:
        FactError: a sheet cannot be read, or a fact does not exist or fit.
        DataError: a table or an advice cannot be used.
    """
    facts = Facts() if source is None else _facts_in(source, target, reading, quiet=quiet)
    return with_facts(facts, {**(read_sheet(sheet) if sheet else {}), **assignments(stated)})


def _facts_in(source: str, target: str | None, reading: Mapping[str, Any] | None, *, quiet: bool) -> Facts:
    if is_advice(source):
        return read_advice(Path(source)).facts
    if source.lower().endswith(".json"):
        return with_facts(Facts(), _flattened(_tree(Path(source))))
    from advisor.profiling import profile

    with progress_bar(quiet=quiet) as progress:
        return Facts(data=profile(source, target=target, reading=reading, progress=progress))


def is_advice(source: str) -> bool:
    """Return whether a source is an advice, and neither a fact sheet nor a table.

    Raises:
        FactError: a JSON file that cannot be read.
    """
    if not source.lower().endswith(".json"):
        return False
    return not {"recommendation", "schema_version"}.isdisjoint(_tree(Path(source)))


def read_advice(path: Path) -> Advice:
    """Read advice from a file.

    Raises:
        DataError: no such file, or not an advice file.
    """
    from advisor.api.advice import Advice

    return Advice.from_json(read_text(path, what=".advisor.json file"), path.name)


def read_result(path: Path) -> Advice | Diagnosis:
    """Read whatever a report can be drawn from.

    Raises:
        DataError: no such file, or neither an advice nor a diagnosis.
    """
    from advisor.api.advice import Advice
    from advisor.api.diagnosis import Diagnosis

    text = read_text(path, what=".advisor.json or .diagnosis.json file")
    try:
        tree = parse_json(text)
    except (ValueError, RecursionError):
        tree = None
    is_diagnosis = isinstance(tree, dict) and "symptoms" in tree
    return Diagnosis.from_json(text, path.name) if is_diagnosis else Advice.from_json(text, path.name)


def read_sheet(path: Path) -> dict[str, object]:
    """Return the facts of a JSON file by path.

    Raises:
        FactError: it cannot be read, or holds no JSON object.
    """
    return _flattened(_tree(path))


def _tree(path: Path) -> dict[str, object]:
    try:
        tree = parse_json(read_text(path, what="JSON facts"))
    except DataError as error:
        raise FactError(str(error)) from error
    except (ValueError, RecursionError) as error:
        raise FactError(f"{path}: cannot be read as JSON ({plain(str(error), 200)}); give facts in JSON") from error
    if not isinstance(tree, dict):
        raise FactError(f"{path}: must hold one JSON object with facts")
    return tree


def _flattened(tree: dict[str, object], prefix: str = "") -> dict[str, object]:
    flat: dict[str, object] = {}
    for name, value in tree.items():
        if isinstance(value, dict):
            flat.update(_flattened(value, f"{prefix}{name}."))
        else:
            flat[f"{prefix}{name}"] = value
    return flat
