"""Where a command's facts come from: an advice or fact sheet in JSON, a table, and what is stated by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from advisor.cleaning import plain
from advisor.cli.console import progress_bar
from advisor.cli.options import assignments
from advisor.cli.outputs import stem_of
from advisor.cli.standard_input import received
from advisor.errors import DataError, FactError, did_you_mean
from advisor.facts import Facts, with_facts
from advisor.files import MAX_NAME, parse_json, read_text, reason
from advisor.results import Recommendation

if TYPE_CHECKING:
    from advisor.api.advice import Advice
    from advisor.api.diagnosis import Diagnosis

SourceArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="SOURCE", help="A .advisor.json file, a JSON fact sheet, a table to profile, or - for standard input."
    ),
]
SheetOption = Annotated[
    Path | None,
    typer.Option("--facts", help='JSON file with facts: a tree, or {"fact.path": value}.', show_default=False),
]
TargetOption = Annotated[
    str | None, typer.Option(help="Column to predict, when the source is a table.", show_default="guessed")
]


@dataclass(frozen=True, slots=True)
class Start:
    """Where a question starts.

    Attributes:
        facts: of the source, with those stated beside it.
        advised: the answer in an advice, trials included; None for other sources, and where facts stated beside it
            make it the answer to another question.
    """

    facts: Facts
    advised: Recommendation | None = None


def start_of(
    source: str | None,
    sheet: Path | None,
    stated: list[str] | None,
    target: str | None,
    *,
    reading: Mapping[str, Any] | None = None,
    quiet: bool = False,
) -> Start:
    """Return the facts of a source, then those of a sheet, then those stated; later ones win.

    The answer of an advice comes with its facts, unless something is stated beside them.

    Raises:
        FactError: a sheet cannot be read, or a fact does not exist or fit.
        DataError: a table or an advice cannot be used.
    """
    found = Start(Facts())
    if source is not None:
        with received(source) as path:
            found = _start_in(path, target, reading, quiet=quiet)
    more = {**(read_sheet(sheet) if sheet else {}), **assignments(stated)}
    return Start(with_facts(found.facts, more)) if more else found


def _start_in(source: str, target: str | None, reading: Mapping[str, Any] | None, *, quiet: bool) -> Start:
    path = Path(source)
    refuse_page(path)
    if is_advice(source):
        advice = read_advice(path)
        return Start(advice.facts, advice.recommendation)
    if source.lower().endswith(".json"):
        return Start(with_facts(Facts(), _flattened(_tree(path))))
    from advisor.profiling import profile

    with progress_bar(quiet=quiet) as progress:
        return Start(Facts(data=profile(source, target=target, reading=reading, progress=progress)))


def is_advice(source: str) -> bool:
    """Return whether a source is an advice, and neither a fact sheet nor a table.

    Raises:
        FactError: a JSON file that cannot be read.
    """
    if not source.lower().endswith(".json"):
        return False
    return not {"recommendation", "schema_version"}.isdisjoint(_tree(Path(source)))


def refuse_page(path: Path) -> None:
    """Go on unless a path is a page of a report.

    Raises:
        DataError: it is one; the message names the file that holds its data.
    """
    if path.suffix.lower() in {".html", ".htm"}:
        raise DataError(
            f"{path}: is the page of a report; give the data written beside it, {path.with_suffix('.json')}"
        )


def read_advice(path: Path) -> Advice:
    """Read advice from a file.

    Raises:
        DataError: no such file, or not an advice file; a table is told what to do first.
    """
    from advisor.api.advice import Advice

    return Advice.from_json(_result_text(path, ".advisor.json file"), path.name)


def read_result(path: Path) -> Advice | Diagnosis:
    """Read whatever a report can be drawn from.

    Raises:
        DataError: no such file, or neither an advice nor a diagnosis.
    """
    from advisor.api.advice import Advice
    from advisor.api.diagnosis import Diagnosis

    text = _result_text(path, ".advisor.json or .diagnosis.json file")
    try:
        tree = parse_json(text)
    except (ValueError, RecursionError):
        tree = None
    is_diagnosis = isinstance(tree, dict) and "symptoms" in tree
    return Diagnosis.from_json(text, path.name) if is_diagnosis else Advice.from_json(text, path.name)


def _result_text(path: Path, wanted: str) -> str:
    refuse_page(path)
    try:
        path.stat()
    except FileNotFoundError:
        pass  # said below, with what lies beside it
    except (OSError, ValueError) as error:
        raise DataError(f"{plain(str(path), MAX_NAME)}: cannot be read ({reason(error)}); give a {wanted}") from error
    if path.suffix.lower() != ".json" and path.is_file():
        result = f"{stem_of(str(path))}.advisor.json"
        first = "" if Path(result).is_file() else f" (advisor profile {path} writes it)"
        raise DataError(f"{path}: is not a result; give a {wanted}, such as {result}{first}")
    if not path.exists():
        beside = [str(item) for item in sorted(path.parent.glob("*.json"))] if path.parent.is_dir() else []
        raise DataError(f"{path}: no such file; give a {wanted}{did_you_mean(str(path), beside)}")
    return read_text(path, what=wanted)


def read_sheet(path: Path) -> dict[str, object]:
    """Return the facts of a JSON file by path.

    Raises:
        FactError: it cannot be read, or holds no JSON object.
    """
    return _flattened(_tree(path))


def _tree(path: Path) -> dict[str, object]:
    try:
        tree = parse_json(read_text(path, what="JSON file with facts"))
    except DataError as error:
        raise FactError(str(error)) from error
    except (ValueError, RecursionError) as error:
        said = f"cannot be read as JSON ({plain(str(error), 200)})"
        raise FactError(f"{path}: {said}; give a JSON file with facts") from error
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
