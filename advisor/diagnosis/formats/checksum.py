"""The masked CRC-32C of TFRecord files, many bytes at once.

A checksum is linear over GF(2): the message is cut into lanes of equal length, all lanes advance one byte per step in
one NumPy operation, and lanes are joined by the operator that appends zero bytes.

Source:
    RFC 3720, appendix B.4 (polynomial 0x1EDC6F41, reflected); tensorflow/core/lib/hash/crc32c.h (the mask)
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

_POLYNOMIAL: Final = 0x82F63B78
"""rfc3720, appendix B.4, with its bits reversed."""
_MASK_DELTA: Final = 0xA282EAD8
"""tensorflow/tensorflow, ``core/lib/hash/crc32c.h``."""
_ONES: Final = 0xFFFFFFFF
"""By definition 32 bits."""
_SHORT: Final = 512
"""Bytes up to which a plain loop is taken. Judgement: lanes cost more than they save there."""


def _table() -> list[int]:
    table = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = value >> 1 ^ (_POLYNOMIAL if value & 1 else 0)
        table.append(value)
    return table


_TABLE: Final = _table()
_ARRAY: Final[NDArray[np.uint32]] = np.array(_TABLE, dtype=np.uint32)


def crc32c(data: bytes) -> int:
    """Return the CRC-32C of bytes.

    >>> hex(crc32c(b"123456789"))
    '0xe3069283'
    """
    if len(data) <= _SHORT:
        value = _ONES
        for byte in data:
            value = _TABLE[(value ^ byte) & 0xFF] ^ value >> 8
        return value ^ _ONES
    lanes = max(16, int(len(data) ** 0.5))
    length = -(-len(data) // lanes)
    padded = np.zeros(lanes * length, dtype=np.uint8)  # zeros in front leave a checksum that starts at 0 as it is
    padded[-len(data) :] = np.frombuffer(data, dtype=np.uint8)
    columns = np.ascontiguousarray(padded.reshape(lanes, length).T)
    values = np.zeros(lanes, dtype=np.uint32)
    for column in columns:
        values = _ARRAY[(values ^ column) & 0xFF] ^ values >> np.uint32(8)
    append = _zeros_appended(length)
    value = 0
    for lane in values:
        value = _applied(append, value) ^ int(lane)
    return value ^ _applied(_zeros_appended(len(data)), _ONES) ^ _ONES


def masked(checksum: int) -> int:
    """Return a checksum as TFRecord files store it."""
    return ((checksum >> 15 | checksum << 17) + _MASK_DELTA) & _ONES


def _zeros_appended(count: int) -> list[int]:
    """Return the operator that appends zero bytes to a message, as the images of the 32 bits of its checksum."""
    power = [_TABLE[1 << bit & 0xFF] ^ 1 << bit >> 8 for bit in range(32)]  # one zero byte
    found = [1 << bit for bit in range(32)]
    while count:
        if count & 1:
            found = [_applied(power, image) for image in found]
        power = [_applied(power, image) for image in power]
        count >>= 1
    return found


def _applied(operator: list[int], value: int) -> int:
    image, bit = 0, 0
    while value:
        if value & 1:
            image ^= operator[bit]
        value >>= 1
        bit += 1
    return image
