"""Scalars of TensorBoard event files, read without TensorBoard.

An event file is a row of TFRecords, each ``length (8 bytes), its checksum (4), payload, checksum (4)``; a payload is an
``Event`` in protobuf's wire format. Of its many fields only step and scalar summaries are read: the package that could
read all of them brings a web server and a gRPC stack along. Both checksums of every record are verified.

Source:
    tensorflow/core/lib/io/record_writer.h, tensorflow/core/util/event.proto, summary.proto, tensor.proto
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from advisor.diagnosis.formats.checksum import crc32c, masked
from advisor.diagnosis.formats.files import read_bytes
from advisor.diagnosis.history import Series
from advisor.diagnosis.rows import continued, in_order
from advisor.errors import DataError

PATTERN: Final = "*tfevents*"
MAX_RECORD: Final = 1 << 28
"""Bytes. Judgement: no event is as large, so a longer record is a broken length."""

_FLOAT, _DOUBLE = 1, 2
"""Numbers of the types, tensorflow/tensorflow, ``core/framework/types.proto``."""
_SIZES: Final = {_FLOAT: ("<f", 4), _DOUBLE: ("<d", 8)}
"""By definition of float32 and float64: how a value is unpacked, and its bytes."""


def scalars_under(folder: Path) -> list[Series]:
    """Return every scalar of every event file in and below a folder, named ``folder/tag``.

    Raises:
        DataError: a file is no event file.
    """
    found: dict[str, list[tuple[int, float]]] = {}
    for path in sorted(folder.rglob(PATTERN)) if folder.is_dir() else [folder]:
        parent = path.parent.relative_to(folder).as_posix() if folder.is_dir() else "."
        prefix = "" if parent == "." else f"{parent}/"
        for tag, step, value in scalars_in(path):
            found.setdefault(prefix + tag, []).append((step, value))
    series = []
    for name, points in found.items():
        steps, values = zip(*points, strict=True)
        at = continued(np.array(steps, dtype=np.float64))
        series.append(in_order(name, at, np.array(values, dtype=np.float64)))
    return series


def scalars_in(path: Path) -> Iterator[tuple[str, int, float]]:
    """Yield tag, step and value of every scalar in one event file; a record cut short by a crash ends it.

    Raises:
        DataError: it cannot be read, or is no event file.
    """
    data = read_bytes(path)
    start = 0
    while start + 12 <= len(data):
        (length,) = struct.unpack_from("<Q", data, start)
        (length_checksum,) = struct.unpack_from("<I", data, start + 8)
        if length > MAX_RECORD or masked(crc32c(data[start : start + 8])) != length_checksum:
            raise DataError(f"{path.name}: not a TensorBoard event file, or damaged at byte {start}")
        payload = data[start + 12 : start + 12 + length]
        if start + 16 + length > len(data):
            return
        (payload_checksum,) = struct.unpack_from("<I", data, start + 12 + length)
        if masked(crc32c(payload)) != payload_checksum:
            raise DataError(f"{path.name}: damaged at byte {start + 12}: the checksum of a record does not fit")
        start += 16 + length
        try:
            yield from _scalars_of(payload)
        except (IndexError, ValueError, struct.error) as error:
            raise DataError(f"{path.name}: not a TensorBoard event file, or damaged before byte {start}") from error


def _scalars_of(event: bytes) -> Iterator[tuple[str, int, float]]:
    step, summaries = 0, []
    for field, value in _fields(event):
        if field == 2 and isinstance(value, int):
            step = value - (1 << 64) if value >> 63 else value
        elif field == 5 and isinstance(value, bytes):
            summaries.append(value)
    for summary in summaries:
        for field, value in _fields(summary):
            if field == 1 and isinstance(value, bytes):
                tag, number = _tag_and_value(value)
                if number is not None:
                    yield tag, step, number


def _tag_and_value(message: bytes) -> tuple[str, float | None]:
    tag, number = "", None
    for field, value in _fields(message):
        if field == 1 and isinstance(value, bytes):
            tag = value.decode("utf-8", "replace")
        elif field == 2 and isinstance(value, float):
            number = value
        elif field == 8 and isinstance(value, bytes):
            number = _single(value)
    return tag, number


def _single(tensor: bytes) -> float | None:
    """Return the value of a tensor of one float or double; None for any other tensor."""
    kind, found, content = 0, [], b""
    for field, value in _fields(tensor):
        if field == 1 and isinstance(value, int):
            kind = value
        elif field == 4 and isinstance(value, bytes):
            content = value
        elif field in {5, 6} and isinstance(value, float):
            found.append(value)
        elif field in {5, 6} and isinstance(value, bytes):  # packed
            content = value
    if kind in _SIZES and len(content) == _SIZES[kind][1]:
        found += struct.unpack(_SIZES[kind][0], content)
    return float(found[0]) if len(found) == 1 and kind in _SIZES else None


def _fields(message: bytes) -> Iterator[tuple[int, int | float | bytes]]:
    """Yield number and value of each field; fixed-width ones as floats."""
    start = 0
    while start < len(message):
        key, start = _varint(message, start)
        match key & 7:
            case 0:
                number, start = _varint(message, start)
                yield key >> 3, number
            case 1:
                yield key >> 3, float(struct.unpack_from("<d", message, start)[0])
                start += 8
            case 2:
                length, start = _varint(message, start)
                if start + length > len(message):
                    raise ValueError("a field is longer than its message")
                yield key >> 3, message[start : start + length]
                start += length
            case 5:
                yield key >> 3, float(struct.unpack_from("<f", message, start)[0])
                start += 4
            case _:
                raise ValueError("an unknown wire type")


def _varint(message: bytes, start: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        byte = message[start]
        start += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, start
    raise ValueError("a number is too long")
