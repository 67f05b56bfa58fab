"""JSON as logs have it: one document, one object per line under any file name, or TensorBoard's list of points."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from advisor.errors import DataError
from advisor.files import parse_json

_LIST: Final = re.compile(r'^\[\s*(?:\{\s*["}]|[\["\]]|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?\s*[,\]])')
_PREFIX: Final = re.compile(r"^\[[^\]\n{\[\"]*\]:?[ \t]*[A-Za-z<]")
"""A bracket before the words of a printed line, as in ``[1, 20] loss: 2.0`` or ``[05/01 10:00 trainer]: loss 2``."""


_NOT_FINITE: Final = re.compile(r"(?<=[:,\[])(\s*-?)(nan|inf(?:inity)?)(?=\s*[,}\]])", re.IGNORECASE)
"""NaN and infinity as languages other than JavaScript print them into JSON."""


def _as_json(found: re.Match[str]) -> str:
    return found[1].replace("-", "") + "NaN" if found[2].lower() == "nan" else f"{found[1]}Infinity"


def looks_like_json(text: str) -> bool:
    """Return whether a text begins as a JSON object or list does; a printed Python dictionary does not.

    >>> looks_like_json('[{"loss": 1}]'), looks_like_json("{'loss': 1}"), looks_like_json("[1, 20] loss: 2.0")
    (True, False, False)
    """
    start = text.lstrip()[:200]
    if _PREFIX.match(start):
        return False
    if start[:1] == "[":
        return bool(_LIST.match(start))
    return start[:1] == "{" and start[1:].lstrip()[:1] in {'"', "}"}


def parse(text: str, source: str) -> Any:
    """Return a JSON document, or the list of objects of a file that holds one per line.

    Raises:
        DataError: neither; the message says where it breaks.
    """
    text = _NOT_FINITE.sub(_as_json, text)
    try:
        return parse_json(text)
    except RecursionError as error:
        raise DataError(f"{source}: cannot be read as JSON (nested too deeply)") from error
    except ValueError as error:
        if text.lstrip()[:1] == "{":
            return _lines(text, source)
        raise DataError(f"{source}: cannot be read as JSON ({error})") from error


def _lines(text: str, source: str) -> list[Mapping[str, Any]]:
    lines = [line for line in text.splitlines() if line.strip()]
    rows: list[Mapping[str, Any]] = []
    for number, line in enumerate(lines, 1):
        try:
            row = parse_json(line.rstrip().removesuffix(","))
        except (ValueError, RecursionError) as error:
            if number == len(lines) and rows:
                break  # cut short by the crash one wants to understand
            raise DataError(f"{source}: line {number} is not JSON ({error})") from error
        if not isinstance(row, dict):
            raise DataError(f"{source}: line {number} must be a JSON object such as {{'step': 10, 'loss': 0.5}}")
        rows.append(row)
    return rows


def points_of(document: Any) -> list[Mapping[str, Any]] | None:
    """Return the rows of TensorBoard's JSON download, a list of ``[wall time, step, value]``; None for all else."""
    if not isinstance(document, list) or not document:
        return None
    if not all(isinstance(point, list) and len(point) == 3 for point in document):
        return None
    return [{"step": step, "Value": value} for _, step, value in document]
