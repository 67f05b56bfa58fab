"""``advisor recommend``: an answer from facts alone, in milliseconds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from advisor.cli.console import show, show_json
from advisor.cli.options import JsonOption, RulesOption, SetOption, assignments, overlays_of
from advisor.errors import FactError
from advisor.facts import Facts, with_facts
from advisor.results import Recommendation

SheetOption = Annotated[
    Path | None,
    typer.Option("--facts", help='JSON file with facts: a tree, or {"fact.path": value}.', show_default=False),
]


def recommend(
    settings: SetOption = None,
    sheet: SheetOption = None,
    rules: RulesOption = None,
    as_json: JsonOption = False,
) -> None:
    """Recommend from facts alone: no data, no training, no torch.

    Example: advisor recommend --set model.family=language_model --set model.parameters=1e9 --set plan.tokens=2e10
    """
    found = recommendation_from(settings, sheet, rules)
    if as_json:
        show_json(found)
        return
    from advisor.reporting import terminal

    show(terminal.render_recommendation(found))


def recommendation_from(settings: list[str] | None, sheet: Path | None, rules: list[Path] | None) -> Recommendation:
    """Infer from the facts in a file and on the command line."""
    from advisor.inference import infer
    from advisor.knowledge import load_rules

    return infer(facts_from(settings, sheet), load_rules(overlays_of(rules)))


def facts_from(settings: list[str] | None, sheet: Path | None) -> Facts:
    """Read the facts in a file, then those on the command line.

    Raises:
        FactError: nothing was given, the file is not a fact sheet, or a fact does not exist or fit.
    """
    if not settings and sheet is None:
        raise FactError("no facts given; state some with --set model.family=mlp or --facts sheet.json")
    stated = {**(_read_sheet(sheet) if sheet else {}), **assignments(settings)}
    return with_facts(Facts(), stated)


def _read_sheet(path: Path) -> dict[str, object]:
    import json

    try:
        tree = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise FactError(f"--facts {path}: cannot be read as JSON ({error})") from error
    if not isinstance(tree, dict):
        raise FactError(f"--facts {path}: must hold one JSON object with facts")
    return _flattened(tree)


def _flattened(tree: dict[str, object], prefix: str = "") -> dict[str, object]:
    flat: dict[str, object] = {}
    for name, value in tree.items():
        if isinstance(value, dict):
            flat.update(_flattened(value, f"{prefix}{name}."))
        else:
            flat[f"{prefix}{name}"] = value
    return flat
