"""Bytes and text of a log file: regular files only, up to a limit, whatever their encoding."""

from __future__ import annotations

import codecs
import zlib
from pathlib import Path
from typing import Final

from advisor import files
from advisor.errors import DataError

MAX_BYTES: Final = 1 << 29
"""Larger files are refused. Judgement: a log of ten million rows is smaller than half a gigabyte."""

_BOMS: Final = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
"""PowerShell's redirection writes UTF-16; spreadsheets write UTF-8 with a mark."""


_GZIP: Final = b"\x1f\x8b"
"""How a file begins that gzip has packed, whatever its name."""


def read_bytes(path: Path) -> bytes:
    """Return the content of a regular file, unpacked where gzip has packed it.

    Raises:
        DataError: it cannot be read, is a pipe, a device or the like, or is larger than ``MAX_BYTES``, packed or not.
    """
    content = files.read_bytes(path, what="training log of one run", limit=MAX_BYTES)
    return _unpacked(content, path) if content.startswith(_GZIP) else content


def _unpacked(content: bytes, path: Path) -> bytes:
    unpacking = zlib.decompressobj(wbits=31)  # by definition of zlib: the header of gzip
    try:
        text = unpacking.decompress(content, MAX_BYTES + 1)
    except zlib.error as error:
        raise DataError(f"{path.name}: begins as gzip packs files but cannot be unpacked ({error})") from error
    if len(text) > MAX_BYTES:
        raise DataError(f"{path.name}: larger than {MAX_BYTES >> 20} MB when unpacked, which no log of one run is")
    return text


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
