"""Bytes and text of a log file: regular files only, up to a limit, whatever their encoding."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import Final

from advisor import files
from advisor.errors import DataError

MAX_BYTES: Final = 1 << 29
"""Larger files are refused. Judgement: a log of ten million rows is smaller than half a gigabyte."""

_BOMS: Final = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
"""PowerShell's redirection writes UTF-16; spreadsheets write UTF-8 with a mark."""


def read_bytes(path: Path) -> bytes:
    """Return the content of a regular file.

    Raises:
        DataError: it cannot be read, is a pipe, a device or the like, or is larger than ``MAX_BYTES``.
    """
    return files.read_bytes(path, what="training log of one run", limit=MAX_BYTES)


def read_text(path: Path) -> str:
    """Return the text of a regular file; bytes that are no text become replacement characters.

    Raises:
        DataError: as ``read_bytes``, or the file is binary.
    """
    content = read_bytes(path)
    encoding = next((name for mark, name in _BOMS if content.startswith(mark)), "utf-8")
    if encoding != "utf-16" and b"\0" in content:
        raise DataError(f"{path.name}: a binary file and no log; give text, or a TensorBoard file named *tfevents*")
    return content.decode(encoding, errors="replace")
