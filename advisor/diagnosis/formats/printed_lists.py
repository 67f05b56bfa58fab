"""Whole curves printed as lists: ``train_losses = [2.3, 1.9, 1.5]``, one name to a list."""

from __future__ import annotations

import re
from typing import Final

from advisor.diagnosis.columns import loss_part, role_of
from advisor.diagnosis.formats.cells import Cell, cell

LEAST: Final = 5
"""Numbers of a list that is a curve. Judgement: shorter lists hold the parts of one loss, or rates of groups."""

MOST_NAME: Final = 80
"""Characters before a list in which its name is looked for. Judgement: no name is longer."""

_LIST: Final = re.compile(r"\[([^\[\]{}]{9,})\]")
_NAME: Final = re.compile(
    r"(?:^|[\s,;({])['\"]?(?P<name>[A-Za-z_][\w./@ -]*)['\"]?\s*[:= ]\s*(?:(?:np\.)?array\(|tensor\(|deque\()?$"
)
_ITEM: Final = re.compile(r"[\s,]+")
_WRAPPED: Final = re.compile(r"\b(?:np\.float\d+|tensor|array)\(([^()]*)\)")


def columns_of(text: str) -> dict[str, list[Cell]]:
    """Return the lists of numbers of a text by their names; empty where none of them is a loss.

    >>> columns_of("train_losses = [2.3, 1.9, 1.5, 1.2, 1.0]")
    {'train_losses': [2.3, 1.9, 1.5, 1.2, 1.0]}
    """
    printed: dict[str, list[list[Cell]]] = {}
    for match in _LIST.finditer(text):
        before = text[max(0, match.start() - MOST_NAME) : match.start()].rpartition("\n")[2]
        name = _NAME.search(before)
        if name is None:
            continue
        items = [item for item in _ITEM.split(_WRAPPED.sub(r"\1", match[1]).strip()) if item]
        values = [cell(item) for item in items]
        if len(values) >= LEAST and None not in values:
            printed.setdefault(name["name"].strip(), []).append(values)
    # More lists than numbers in each are the parts of a loss, step by step.
    found = {name: _joined(lists) for name, lists in printed.items() if len(lists) <= max(map(len, lists))}
    losses = [name for name in found if role_of(name) in {"loss", "validation_loss"} or loss_part(name) is not None]
    return found if losses else {}


def _joined(lists: list[list[Cell]]) -> list[Cell]:
    """Return one list after the other; one that begins with all before is the whole curve, printed anew."""
    whole: list[Cell] = []
    for values in lists:
        whole = values if values[: len(whole)] == whole else whole + values
    return whole
