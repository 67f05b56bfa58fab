"""Single values of a log: numbers as people and programs write them, gaps, and columns of them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from advisor.diagnosis.columns import HELD_OUT, TRAIN, WRAPPERS, role_of, words_of

Cell = float | None
"""A value; None: not logged in this row."""

_GAPS: Final = frozenset({"", "none", "null", "na", "n/a", "-", "no log", "#na#"})
_TENSOR: Final = re.compile(r"^<?(?:tf\.)?tensor\(\s*([^,\s)]+)", re.IGNORECASE)
_NOT_A_NUMBER: Final = re.compile(
    r"^[-+]?(?:nan\(\w*\)|nan(?:16|32|64)|\.nan|1\.#(?:qnan|snan|ind)\w*|#(?:num|zahl|nombre|div/0)!)$", re.IGNORECASE
)
"""NaN as C on Windows, Julia, YAML, and spreadsheets in English, German and French write it."""

_INFINITE: Final = re.compile(r"^([-+]?)(?:1\.#inf\w*|\.inf|inf(?:16|32|64))$", re.IGNORECASE)
_OUT_OF: Final = re.compile(r"^(\d+)\s*/\s*\d+$")
"""A count and the whole, ``3/30``."""

_DECIMAL_COMMA: Final = re.compile(r"^[-+]?(?:\d{1,3}(?:\.\d{3})+|\d+)?,\d+(?:[eE][-+]?\d+)?$")
_THOUSANDS: Final = re.compile(r"^[-+]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?$")
_DURATION: Final = re.compile(r"^(\d+(?:\.\d+)?)[sm]$")
"""Seconds or minutes, ``1.02s``."""

_PARTS: Final = re.compile(r"^\[([^\[\]]+)\]$")
_JULIA: Final = re.compile(r"^([-+]?\d+(?:\.\d*)?)f([-+]?\d+)$")
"""A number of 32 bits as Julia prints it, ``2.4f0``."""

_SPLITS: Final = ("mode", "split", "phase", "stage", "subset", "dataset", "set", "data", "type", "event", "kind", "msg")
"""Columns that say whether a row is of training or of held-out data."""

_NAMES: Final = ("key", "metric", "tag", "name", "metricname", "metric_name", "variable", "scalar")
_VALUES: Final = ("value", "metricvalue", "metric_value")
"""Columns of a log with one row per value: what was measured, and its value."""

_HELD_OUT_WORDS: Final = HELD_OUT | {"evaluate"}
_RANKS: Final = frozenset({"rank", "local_rank", "global_rank", "process_index", "worker"})
"""Columns that say which of several processes wrote a row."""
RUNS: Final = frozenset({"fold", "kfold", "trial", "seed", "repeat", "repetition"})
"""Words of columns that count runs of one job."""

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


def is_gap(text: str) -> bool:
    """Return whether a cell says that nothing was logged."""
    return text.strip().lower() in _GAPS


def cell(value: Any, *, decimal_comma: bool = False) -> Cell:
    """Return a logged value as a number; None for gaps and for what is no number.

    >>> cell("0.5"), cell("nan"), cell(""), cell("tensor(2.5, device='cuda')"), cell(True), cell([1.0])
    (0.5, nan, None, 2.5, None, None)
    >>> cell("0,5", decimal_comma=True), cell("1.234,5", decimal_comma=True), cell("1,234"), cell("3.2%")
    (0.5, 1234.5, 1234.0, 3.2)
    >>> cell("NaN32"), cell("-Inf32"), cell("**0.5**"), cell("1.02s")
    (nan, -inf, 0.5, 1.02)
    >>> cell("-nan(ind)"), cell("1.#INF"), cell("#NUM!"), cell("3/30"), cell("2.4f0"), cell("0,532")
    (nan, inf, nan, 3.0, 2.4, None)
    """
    if value is None or isinstance(value, bool | list | dict | tuple):
        return None
    if isinstance(value, str):
        text = value.strip().strip("*`").removesuffix("%")
        if text.lower() in _GAPS:
            return None
        tensor = _TENSOR.match(text)
        infinite, julia = _INFINITE.match(text), _JULIA.match(text)
        whole = _OUT_OF.match(text) or _DURATION.match(text)
        if tensor:
            text = tensor.group(1)
        elif infinite:
            text = f"{infinite.group(1)}inf"
        elif whole:
            text = whole.group(1)
        elif julia:
            text = f"{julia.group(1)}e{julia.group(2)}"
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


def added_up(text: str, *, decimal_comma: bool = False) -> Cell:
    """Return a loss; parts that are written as a list are added up, as DeepXDE writes them."""
    parts = _PARTS.match(text.strip())
    if parts is None:
        return cell(text, decimal_comma=decimal_comma)
    numbers = [cell(part) for part in re.split(r"[,\s]+", parts.group(1).strip()) if part]
    return sum(number for number in numbers if number is not None) if numbers and None not in numbers else None


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

    Rows that say that they are of held-out data (``"mode": "val"``) get their values under names of their own. Rows
    that hold one value and its name get it under that name. Of rows that several processes wrote, those of the first
    stay.
    """
    flat = [numbers_of(row) for row in _of_first_rank(rows)]
    names = dict.fromkeys(name for row in flat for name in row)
    epochs = [row[name] for row in flat for name in ("epoch", "epochs") if name in row]
    has_nulls = any(value is None for row in flat for value in row.values())
    return Table(
        {name: [_number(row, name) for row in flat] for name in names},
        nan_may_be_gap=has_nulls,
        float_epochs=bool(epochs) and all(isinstance(value, float) for value in epochs),
    )


def numbers_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a row without groups inside, under names that say what they are of.

    >>> numbers_of({"split": "val", "data": {"loss": 2.0, "by": {"a": 1.0}}})
    {'val_split': 'val', 'val_loss': 2.0, 'val_by/a': 1.0}
    """
    values = dict(_with_groups(flattened(_unwrapped(row))))
    return _split_named(_named_by_row(values))


def _with_groups(values: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Yield values, of a list of learning rates each under a name of its own."""
    for name, value in values:
        if isinstance(value, list) and len(value) > 1 and role_of(name) == "learning_rate":
            yield from ((f"{name}/pg{group}", rate) for group, rate in enumerate(value, start=1))
        else:
            yield name, value


def says_what_rows_hold(names: Iterable[str]) -> bool:
    """Return whether columns say what the numbers of each row are: of which data, process, or quantity."""
    lower = {name.strip().lower() for name in names}
    return bool(lower & {*_SPLITS, *_RANKS, *RUNS, "run"} or (lower & set(_NAMES) and lower & set(_VALUES)))


def _number(row: Mapping[str, Any], name: str) -> Cell:
    """Return a value; null is what JSON has for NaN, and for a gap."""
    if name in row and row[name] is None:
        return math.nan
    value = row.get(name)
    return cell(value[0] if isinstance(value, list) and len(value) == 1 else value)


def _unwrapped(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a row without the mapping that holds all its numbers: ``{"event": "eval", "data": {"loss": 2.0}}``."""
    inner = [name for name, value in row.items() if isinstance(value, Mapping)]
    others = {name: value for name, value in row.items() if name not in inner}
    if len(inner) != 1 or any(cell(value) is not None for value in others.values()):
        return row
    return {**others, **row[inner[0]]} if inner[0].lower() in WRAPPERS else row


def _named_by_row(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row of a name and a value with the value under that name; any other row as it is.

    >>> _named_by_row({"step": 3, "key": "val_loss", "value": 0.5})
    {'step': 3, 'val_loss': 0.5}
    """
    lower = {name.lower(): name for name in row}
    named = next((lower[name] for name in _NAMES if name in lower and isinstance(row[lower[name]], str)), None)
    value = next((lower[name] for name in _VALUES if name in lower), None)
    if named is None or value is None or not str(row[named]).strip():
        return row
    return {**{name: other for name, other in row.items() if name not in {named, value}}, str(row[named]): row[value]}


def _of_first_rank(rows: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    name = next((name for row in rows for name in row if name.lower() in _RANKS), None)
    ranks = {cell(row[name]) for row in rows if name in row} - {None} if name is not None else set()
    if name is None or len(ranks) < 2:
        return rows
    first = min(rank for rank in ranks if rank is not None)
    return [row for row in rows if cell(row.get(name)) in {None, first}]


def flattened(row: Mapping[str, Any], prefix: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Yield the values of a mapping; those of inner mappings under ``outer/inner``."""
    for name, value in row.items():
        if isinstance(value, Mapping) and depth < _MAX_DEPTH:
            yield from flattened(value, f"{prefix}{name}/", depth + 1)
        else:
            yield f"{prefix}{name}", value


def _split_named(row: dict[str, Any]) -> dict[str, Any]:
    splits = [name for name in row if name.lower() in _SPLITS and isinstance(row[name], str)]
    words = {word for name in splits for word in words_of(row[name])}
    words |= {str(row.get("run", "")).rpartition("/")[2]} & _HELD_OUT_WORDS  # a run of TensorBoard, "fit/validation"
    if not words & _HELD_OUT_WORDS or words & TRAIN:
        return row
    return {name if role_of(name) in {"step", "epoch"} else f"val_{name}": value for name, value in row.items()}
