"""Lines of a log inside JSON: one object for each, as Docker, Python's JSON formatters and collectors of logs write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from advisor.diagnosis.columns import error_role, loss_part
from advisor.diagnosis.formats.cells import flattened

_MESSAGES: Final = ("message", "msg", "log", "text", "line", "textpayload", "body", "event", "@message")
"""Names under which the printed line stands."""


def lines_inside(document: Any) -> str | None:
    r"""Return the lines that the objects of a list hold as messages; None where they hold a loss themselves.

    >>> lines_inside([{"log": "step 1 loss 0.5\n", "stream": "stdout"}])
    'step 1 loss 0.5'
    """
    if not isinstance(document, Sequence) or not document or not all(isinstance(row, Mapping) for row in document):
        return None
    rows = [dict(flattened(row)) for row in document]
    names = {name for row in rows for name in row}
    if any(loss_part(name) is not None or error_role(name) is not None for name in names):
        return None
    for wanted in _MESSAGES:
        held = [_message(row, wanted) for row in rows]
        if 2 * sum(line is not None for line in held) > len(held):
            return "\n".join(line.rstrip("\r\n") for line in held if line is not None)
    return None


def _message(row: Mapping[str, Any], wanted: str) -> str | None:
    for name, value in row.items():
        if name.rpartition("/")[2].lower() == wanted and isinstance(value, str):
            return value
    return None
