"""``-`` where something may come through the pipe: a result or a table for a command, or a table that is read twice."""

from __future__ import annotations

import io
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

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


@contextmanager
def kept(source: str) -> Iterator[BinaryIO | None]:
    """Keep what standard input gives while it is the source, and yield the copy to read it again; None otherwise."""
    if source != STDIN or sys.stdin is None or sys.stdin.isatty():
        yield None
        return
    given = sys.stdin
    with tempfile.TemporaryFile() as copy:
        shutil.copyfileobj(given.buffer, copy)
        copy.seek(0)
        sys.stdin = io.TextIOWrapper(cast("BinaryIO", copy), encoding="utf-8")
        try:
            yield cast("BinaryIO", copy)
        finally:
            sys.stdin.detach()
            sys.stdin = given


def _is_one_object(data: bytes) -> bool:
    try:
        return isinstance(json.loads(data), dict)
    except (ValueError, RecursionError):
        return False
