"""``-`` as a source: what comes through a pipe, kept as a file while it is read."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from advisor.errors import DataError

STDIN = "-"
_MAGIC = ((b"PAR1", ".parquet"), (b"\x1f\x8b", ".csv.gz"), (b"\x28\xb5\x2f\xfd", ".csv.zst"), (b"PK\x03\x04", ".zip"))


@contextmanager
def received(source: str) -> Iterator[str]:
    """Yield the source itself, or for ``-`` the path of a file called ``stdin`` that holds what standard input gave.

    Raises:
        DataError: standard input is a terminal or empty.
    """
    if source != STDIN:
        yield source
        return
    if sys.stdin.isatty():
        raise DataError("-: nothing is piped in; give a file, or pipe one: cat data.csv | advisor profile -")
    data = sys.stdin.buffer.read()
    if not data.strip():
        raise DataError("-: standard input is empty")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"stdin{_suffix(data)}"
        path.write_bytes(data)
        yield str(path)


def _suffix(data: bytes) -> str:
    for magic, suffix in _MAGIC:
        if data.startswith(magic):
            return suffix
    if data.lstrip().startswith(b"{"):
        return ".json" if _is_one_object(data) else ".jsonl"
    return ".csv"


def _is_one_object(data: bytes) -> bool:
    try:
        return isinstance(json.loads(data), dict)
    except (ValueError, RecursionError):
        return False
