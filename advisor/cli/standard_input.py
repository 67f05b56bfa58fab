"""``-`` where a result or a table may come through the pipe; commands that take tables alone leave it to profiling."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from advisor.errors import DataError

STDIN = "-"


@contextmanager
def received(source: str) -> Iterator[str]:
    """Yield the source itself, or for ``-`` the path of a file that holds what standard input gave.

    Raises:
        DataError: standard input is a terminal or empty.
    """
    if source != STDIN:
        yield source
        return
    if sys.stdin.isatty():
        raise DataError("-: nothing is piped in; give a file, or pipe one: cat data.advisor.json | advisor ask -")
    data = sys.stdin.buffer.read()
    if not data.strip():
        raise DataError("-: standard input is empty")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ("standard input.json" if _is_one_object(data) else "standard input")
        path.write_bytes(data)
        yield str(path)


def _is_one_object(data: bytes) -> bool:
    try:
        return isinstance(json.loads(data), dict)
    except (ValueError, RecursionError):
        return False
