"""Text of any encoding and packing as a UTF-8 file that DuckDB reads."""

from __future__ import annotations

import bz2
import codecs
import gzip
import lzma
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal, cast

import pyarrow as pa

from advisor.errors import DataError
from advisor.profiling.reading.encodings import Encoding, detect_encoding

Packing = Literal["none", "gzip", "zstd", "xz", "bzip2", "zip"]

HEAD_BYTES = 1_048_576
"""First bytes from which encoding and dialect are worked out. Judgement: a few thousand lines of an ordinary table."""

CHUNK = 4_194_304
"""Bytes rewritten at a time. Judgement: large enough for full speed, small beside any memory."""
_MAGIC: tuple[tuple[bytes, Packing], ...] = (
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"BZh", "bzip2"),
    (b"PK\x03\x04", "zip"),
)
PACKED_SUFFIXES = {".gz", ".zst", ".xz", ".bz2", ".zip"}
_DAMAGE = (EOFError, OSError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, ValueError)


@dataclass(frozen=True, slots=True)
class Head:
    """The first bytes of a file, unpacked.

    Attributes:
        data: the bytes.
        complete: they are the whole file.
        packing: how the file is packed.
    """

    data: bytes
    complete: bool
    packing: Packing


def packing_of(magic: bytes) -> Packing:
    """Return how a file is packed, by its first bytes."""
    return next((packing for mark, packing in _MAGIC if magic.startswith(mark)), "none")


def read_head(path: Path) -> Head:
    """Return the first bytes of a file.

    Raises:
        DataError: it cannot be read, or is damaged.
    """
    try:
        with path.open("rb") as file:
            packing = packing_of(file.read(6))
        with _unpacked(path, packing) as stream:
            data = stream.read(HEAD_BYTES + 1)
    except _DAMAGE as error:
        raise DataError(f"{path.name}: cannot be read ({_reason(error)})") from error
    return Head(data[:HEAD_BYTES], len(data) <= HEAD_BYTES, packing)


def foreign_lines(path: Path) -> tuple[Packing, bytes]:
    """Return how a file is packed, and those of its lines that hold more than ASCII, up to ``CHUNK`` bytes."""
    with path.open("rb") as file:
        packing = packing_of(file.read(6))
    kept: list[bytes] = []
    size = 0
    with _unpacked(path, packing) as stream:
        for line in stream:
            if not line.isascii() and size < CHUNK:
                kept.append(line)
                size += len(line)
    return packing, b"".join(kept)


def write_utf8(path: Path, packing: Packing, encoding: Encoding, target: Path) -> None:
    """Write a file's text as UTF-8 without NULs, lines ended by new lines.

    Raises:
        DataError: it is damaged, or not in that encoding.
    """
    try:
        with target.open("w", encoding="utf-8", newline="") as out:
            held = ""
            for chunk in text_chunks(path, packing, encoding):
                text = held + chunk
                held = "\r" if text.endswith("\r") else ""  # its new line may begin the next chunk
                out.write(text.removesuffix("\r").replace("\r\n", "\n").replace("\r", "\n"))
            out.write("\n" if held else "")
    except UnicodeError as error:
        raise DataError(
            f"{path.name}: is not {encoding.name} throughout ({error}); give its encoding (--encoding)"
        ) from error
    except _DAMAGE as error:
        raise DataError(f"{path.name}: cannot be read ({_reason(error)})") from error


def text_chunks(path: Path, packing: Packing, encoding: Encoding) -> Iterator[str]:
    """Yield a file's text in chunks, without NULs and without a byte order mark."""
    decoder = codecs.getincrementaldecoder(encoding.name)(encoding.errors)
    first = True
    with _unpacked(path, packing) as stream:
        while True:
            data = stream.read(CHUNK)
            text = decoder.decode(data, final=not data).replace("\x00", "")
            yield text.removeprefix("\ufeff") if first else text
            first = False
            if not data:
                return


def encoding_of(path: Path, given: str | None = None) -> tuple[Packing, Encoding]:
    """Return how a file of text is packed, and its encoding: the one given, or what its first bytes say."""
    head = read_head(path)
    return head.packing, detect_encoding(head.data, path.name, given, complete=head.complete)


def text_lines(path: Path, given: str | None = None) -> Iterator[str]:
    """Yield the lines of a file of text, packed or not, without their ends.

    Args:
        path: of the file.
        given: its encoding; None: worked out from its first bytes.

    Raises:
        DataError: it is damaged.
    """
    packing, encoding = encoding_of(path, given)
    held = ""
    try:
        for chunk in text_chunks(path, packing, encoding):
            *lines, held = (held + chunk).replace("\r\n", "\n").split("\n")
            yield from lines
    except _DAMAGE as error:
        raise DataError(f"{path.name}: cannot be read ({_reason(error)})") from error
    if held:
        yield held


def write_unpacked(path: Path, packing: Packing, target: Path) -> None:
    """Write what an archive packs.

    Raises:
        DataError: it is damaged.
    """
    try:
        with _unpacked(path, packing) as stream, target.open("wb") as out:
            shutil.copyfileobj(stream, out, CHUNK)
    except _DAMAGE as error:
        raise DataError(f"{path.name}: cannot be read ({_reason(error)})") from error


@contextmanager
def _unpacked(path: Path, packing: Packing) -> Iterator[IO[bytes]]:
    match packing:
        case "gzip":
            with gzip.open(path, "rb") as stream:
                yield cast("IO[bytes]", stream)
        case "xz":
            with lzma.open(path, "rb") as stream:
                yield stream
        case "bzip2":
            with bz2.open(path, "rb") as stream:
                yield stream
        case "zstd":
            with pa.CompressedInputStream(pa.OSFile(str(path)), "zstd") as stream:
                yield stream
        case "zip":
            with zipfile.ZipFile(path) as archive, archive.open(_only_member(archive, path.name)) as stream:
                yield stream
        case "none":
            with path.open("rb") as stream:
                yield stream


def write_member(path: Path, member: str, target: Path) -> None:
    """Write one file of an archive.

    Raises:
        DataError: it is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive, archive.open(member) as stream, target.open("wb") as out:
            shutil.copyfileobj(stream, out, CHUNK)
    except _DAMAGE as error:
        raise DataError(f"{path.name}: cannot be read ({_reason(error)})") from error


def files_of(archive: zipfile.ZipFile) -> list[str]:
    """Return the names of the files in an archive, without what macOS adds."""
    return [item.filename for item in archive.infolist() if not item.is_dir() and "__MACOSX" not in item.filename]


def _only_member(archive: zipfile.ZipFile, name: str) -> str:
    members = files_of(archive)
    if len(members) != 1:
        raise DataError(f"{name}: holds {len(members)} files; unpack it and name one of them")
    return members[0]


def _reason(error: BaseException) -> str:
    if isinstance(error, EOFError) or "end-of-stream" in str(error) or "end of" in str(error).lower():
        return "the packed data end too early: the file is cut off; copy or download it again"
    if isinstance(error, (zlib.error, lzma.LZMAError, zipfile.BadZipFile, gzip.BadGzipFile)):
        return f"the packed data are damaged ({error}); copy or download it again"
    return getattr(error, "strerror", None) or str(error)
