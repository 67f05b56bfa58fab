"""Column names made usable: text, not blank, unique."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ColumnNames:
    """Repaired names.

    Attributes:
        names: unique and not blank.
        repeated: names that stood over more than one column.
        notes: what was changed, in sentences.
    """

    names: tuple[str, ...]
    repeated: frozenset[str]
    notes: tuple[str, ...]


def repair_names(given: Sequence[object]) -> ColumnNames:
    """Turn anything that stands over columns into unique, non-blank text.

    >>> repair_names(["a", "", "a", 3]).names
    ('a', 'column 2', 'a (2)', '3')
    """
    notes: list[str] = []
    texts = ["" if name is None else _clean(str(name)) for name in given]
    other = [text for name, text in zip(given, texts, strict=True) if not isinstance(name, str) and text.strip()]
    if other:
        notes.append(f"{_columns(len(other))} had names that are not text; they are read as text: {_some(other)}.")
    blank = [position for position, text in enumerate(texts) if not text.strip()]
    taken = set(texts)
    for position in blank:
        texts[position] = _free(f"column {position + 1}", taken)
    if blank:
        notes.append(f"{_columns(len(blank))} had no name and got one: {_some([texts[i] for i in blank])}.")
    seen: set[str] = set()
    repeated: set[str] = set()
    for position, text in enumerate(texts):
        if text in seen:
            repeated.add(text)
            texts[position] = _free(text, taken)
        seen.add(texts[position])
    if repeated:
        notes.append(f"Names that stand over several columns were numbered: {_some(sorted(repeated))}.")
    return ColumnNames(tuple(texts), frozenset(repeated), tuple(notes))


def difference(names: Sequence[str], others: Sequence[str]) -> str:
    """Return in what the names of two tables differ, in words.

    >>> difference(["a", "b"], ["a"]), difference(["a", "b"], ["b", "a"])
    ("'b' is in one alone", 'their order differs')
    """
    odd = next((name for name in [*names, *others] if (name in names) != (name in others)), None)
    return f"{odd!r} is in one alone" if odd is not None else "their order differs"


def _clean(text: str) -> str:
    return text.removeprefix("\ufeff").encode("utf-8", "replace").decode("utf-8")


def _free(wanted: str, taken: set[str]) -> str:
    name, count = wanted, 1
    while name in taken:
        count += 1
        name = f"{wanted} ({count})"
    taken.add(name)
    return name


def _columns(count: int) -> str:
    return "One column" if count == 1 else f"{count} columns"


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more"
