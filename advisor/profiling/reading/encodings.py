"""Which encoding the bytes of a text file are in."""

from __future__ import annotations

import re
from dataclasses import dataclass

from advisor.errors import DataError

_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_CP1252_FREE = frozenset(b"\x81\x8d\x8f\x90\x9d")
"""Bytes that Windows-1252 leaves undefined."""

_EAST_ASIAN = (
    ("cp949", re.compile(r"[가-힣]")),
    ("cp932", re.compile(r"[ぁ-んァ-ヶ一-龠々ー]")),
    ("gb18030", re.compile(r"[一-龥]")),
)
_MOSTLY = 0.9
"""Share of the letters outside ASCII that must be of the script, and of their bytes that must come in pairs and more,
before a multi-byte encoding is believed. Judgement: scripts share signs; an umlaut among Latin letters is one byte."""

_DISTINCT = 4
"""Different signs of the script that must occur. Judgement: two accented letters in a row make one, as in größe."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """An encoding and how sure it is.

    Attributes:
        name: for Python's codecs.
        said: a sentence for the reader; None for plain UTF-8.
        damaged: some bytes are not of this encoding and become replacement characters.
    """

    name: str
    said: str | None = None
    damaged: bool = False

    @property
    def is_utf8(self) -> bool:
        """Whether the bytes are UTF-8 as they stand."""
        return self.name in {"utf-8", "utf-8-sig"} and not self.damaged


def detect_encoding(head: bytes, name: str, given: str | None = None, *, complete: bool = False) -> Encoding:
    """Return the encoding of a file from its first bytes.

    Args:
        head: the first bytes; the last character may be cut unless they are ``complete``.
        name: of the file, for messages.
        given: what the user said.
        complete: the first bytes are all.

    Raises:
        DataError: the bytes are no text.
    """
    if given is not None:
        return Encoding(given)
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return Encoding(encoding)
    if b"\x00" in head:
        return _with_nulls(head, name)
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        if complete or error.start < len(head) - 4:
            return _legacy(head, name)
    return Encoding("utf-8")


def legacy_encoding(name: str, data: bytes) -> Encoding:
    """Return what a file is read as whose head is UTF-8 and whose later bytes, ``data``, are not."""
    return _damaged_utf8(data) or Encoding(
        "cp1252", f"{name} is not UTF-8 throughout; it was read as Windows-1252 (--encoding)."
    )


def _damaged_utf8(data: bytes) -> Encoding | None:
    """Return UTF-8 when most letters beyond ASCII are of it and a few bytes are not."""
    text = data.decode("utf-8", errors="replace")
    bad = text.count("\ufffd")
    good = sum(ord(letter) > 127 for letter in text) - bad
    if good < _MOSTLY * (good + bad):
        return None
    said = f"{bad} bytes are not UTF-8, of which the file otherwise is; they were replaced by signs (--encoding)."
    return Encoding("utf-8", said, damaged=True)


def _with_nulls(head: bytes, name: str) -> Encoding:
    """UTF-16 without its mark has a NUL in every second byte of Latin text; a few NULs are damage."""
    even, odd = head[0::2].count(0) / max(len(head[0::2]), 1), head[1::2].count(0) / max(len(head[1::2]), 1)
    if odd > 0.3 > 5 * even:
        return Encoding("utf-16-le", "The file does not say that it is UTF-16 (little endian); its zero bytes do.")
    if even > 0.3 > 5 * odd:
        return Encoding("utf-16-be", "The file does not say that it is UTF-16 (big endian); its zero bytes do.")
    if head.count(0) > 0.01 * len(head) or not _printable(head.replace(b"\x00", b"")):
        raise DataError(f"{name}: is a binary file; give CSV, TSV, Parquet or JSON lines")
    return detect_encoding(head.replace(b"\x00", b""), name)


def _legacy(head: bytes, name: str) -> Encoding:
    if not _printable(head):
        raise DataError(f"{name}: is a binary file; give CSV, TSV, Parquet or JSON lines")
    damaged = _damaged_utf8(head)
    if damaged is not None:
        return damaged
    runs = [len(run) for run in re.findall(rb"[\x80-\xff]+", head)]
    paired = sum(length for length in runs if length >= 2) >= _MOSTLY * sum(runs)
    for encoding, script in _EAST_ASIAN:
        try:
            text = head[: head.rfind(b"\n") + 1 or None].decode(encoding)
        except UnicodeDecodeError:
            continue
        foreign = [letter for letter in text if ord(letter) > 127]
        signs = script.findall("".join(foreign))
        if paired and len(signs) >= _MOSTLY * len(foreign) and len(set(signs)) >= _DISTINCT:
            return Encoding(encoding, f"The file is not UTF-8; it was read as {encoding} (--encoding).")
    if _CP1252_FREE & set(head):
        return Encoding("latin-1", "The file is not UTF-8; it was read as Latin-1 (--encoding).")
    return Encoding(
        "cp1252", "The file is not UTF-8; it was read as Windows-1252, of which Latin-1 is a part (--encoding)."
    )


def _printable(head: bytes) -> bool:
    return sum(byte >= 32 or byte in b"\t\r\n" for byte in head) >= 0.95 * len(head)
