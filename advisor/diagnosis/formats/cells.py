"""Single values of a log: numbers as people and programs write them, gaps, and columns of them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

Cell = float | None
"""A value; None: not logged in this row."""

_GAPS: Final = frozenset({"", "none", "null", "na", "n/a", "-", "no log"})
_TENSOR: Final = re.compile(r"^<?(?:tf\.)?tensor\(\s*([^,\s)]+)", re.IGNORECASE)
_NOT_A_NUMBER: Final = re.compile(
    r"^[-+]?(?:nan\(\w*\)|1\.#(?:qnan|snan|ind)\w*|#(?:num|zahl|nombre|div/0)!)$", re.IGNORECASE
)
"""NaN as C on Windows and as spreadsheets in English, German and French write it."""

_INFINITE: Final = re.compile(r"^([-+]?)1\.#inf\w*$", re.IGNORECASE)
_OUT_OF: Final = re.compile(r"^(\d+)\s*/\s*\d+$")
"""A count and the whole, ``3/30``."""

_DECIMAL_COMMA: Final = re.compile(r"^[-+]?(?:\d{1,3}(?:\.\d{3})+|\d+)?,\d+(?:[eE][-+]?\d+)?$")
_THOUSANDS: Final = re.compile(r"^[-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$")

_SPLITS: Final = ("mode", "split", "phase", "stage", "subset", "dataset")
"""Columns that say whether a row is of training or of held-out data."""

_HELD_OUT_ROWS: Final = frozenset({"val", "valid", "validation", "eval", "evaluate", "evaluation", "test", "dev"})
_MAX_DEPTH: Final = 4
"""Judgement: loggers nest a group, a metric and a value; deeper is no log."""


@dataclass(frozen=True, slots=True)
class Table:
    """Columns of a log.

    Attributes:
        columns: values by name; columns may differ in length.
        nan_may_be_gap: NaN can stand for "not logged", as in a data frame.
        float_epochs: epochs were written as floats (``3.0``), as positions and not as counts are.
    """

    columns: Mapping[str, Sequence[Cell]]
    nan_may_be_gap: bool = False
    float_epochs: bool = field(default=False)


def cell(value: Any, *, decimal_comma: bool = False) -> Cell:
    """Return a logged value as a number; None for gaps and for what is no number.

    >>> cell("0.5"), cell("nan"), cell(""), cell("tensor(2.5, device='cuda')"), cell(True), cell([1.0])
    (0.5, nan, None, 2.5, None, None)
    >>> cell("0,5", decimal_comma=True), cell("1.234,5", decimal_comma=True), cell("1,234"), cell("3.2%")
    (0.5, 1234.5, 1234.0, 3.2)
    >>> cell("-nan(ind)"), cell("1.#INF"), cell("#NUM!"), cell("3/30")
    (nan, inf, nan, 3.0)
    """
    if value is None or isinstance(value, bool | list | dict | tuple):
        return None
    if isinstance(value, str):
        text = value.strip().removesuffix("%")
        if text.lower() in _GAPS:
            return None
        tensor = _TENSOR.match(text)
        infinite, whole = _INFINITE.match(text), _OUT_OF.match(text)
        if tensor:
            text = tensor.group(1)
        elif infinite:
            text = f"{infinite.group(1)}inf"
        elif whole:
            text = whole.group(1)
        elif _NOT_A_NUMBER.match(text):
            text = "nan"
        elif decimal_comma and _DECIMAL_COMMA.match(text):
            text = text.replace(".", "").replace(",", ".")
        elif _THOUSANDS.match(text):
            text = text.replace(",", "")
        value = text.replace("_", "!")  # float() takes 1_000, which no program prints
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return None


def has_decimal_commas(texts: Iterable[str]) -> bool:
    """Return whether numbers are written with a decimal comma: some are, and none has a decimal point.

    >>> has_decimal_commas(["1", "0,53"]), has_decimal_commas(["0,53", "1.5"]), has_decimal_commas(["1,000"])
    (True, False, False)
    """
    numbers = [text.strip() for text in texts]
    commas = [text for text in numbers if _DECIMAL_COMMA.match(text)]
    surely = any(not _THOUSANDS.match(text) for text in commas)
    return surely and not any(re.match(r"^[-+]?\d*\.\d+(?:[eE][-+]?\d+)?$", text) for text in numbers)


def table_of_rows(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Turn rows into columns of equal length; inner mappings are flattened to ``outer/inner``.

    Rows that say that they are of held-out data (``"mode": "val"``) get their values under names of their own.
    """
    flat = [_split_named(dict(flattened(row))) for row in rows]
    names = dict.fromkeys(name for row in flat for name in row)
    epochs = [row[name] for row in flat for name in ("epoch", "epochs") if name in row]
    has_nulls = any(value is None for row in flat for value in row.values())
    return Table(
        {name: [_number(row, name) for row in flat] for name in names},
        nan_may_be_gap=has_nulls,
        float_epochs=bool(epochs) and all(isinstance(value, float) for value in epochs),
    )


def _number(row: Mapping[str, Any], name: str) -> Cell:
    """Return a value; null is what JSON has for NaN, and for a gap."""
    return math.nan if name in row and row[name] is None else cell(row.get(name))


def flattened(row: Mapping[str, Any], prefix: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Yield the values of a mapping; those of inner mappings under ``outer/inner``."""
    for name, value in row.items():
        if isinstance(value, Mapping) and depth < _MAX_DEPTH:
            yield from flattened(value, f"{prefix}{name}/", depth + 1)
        else:
            yield f"{prefix}{name}", value


def _split_named(row: dict[str, Any]) -> dict[str, Any]:
    split = next((row[name] for name in _SPLITS if isinstance(row.get(name), str)), "")
    if split.lower() not in _HELD_OUT_ROWS:
        return row
    positions = {"epoch", "step", "iter", "iteration", "global_step"}
    return {name if name.lower() in positions else f"val_{name}": value for name, value in row.items()}
