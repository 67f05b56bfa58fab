"""Files: written as a whole or not at all, and read within limits from regular files only."""

from __future__ import annotations

import json
import os
import secrets
import stat
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from advisor import interrupts
from advisor.cleaning import plain
from advisor.errors import DataError, InputError

MAX_BYTES: Final = 1 << 28
"""Larger results and fact sheets are not read. Judgement: a hundred times the advice on a wide table."""

_MAX_DIGITS: Final = 300
"""Digits of a whole number that is read as one. By definition: with more it is no floating-point number either."""

MAX_NAME: Final = 200
"""Letters of a name in a message. Judgement: no system has files with longer ones."""


def write_text(path: str | Path, text: str) -> None:
    """Write a file in UTF-8; whoever reads it sees the old content or the new one, never a part.

    Raises:
        InputError: it cannot be written; what was there is as before.
    """
    write_texts({path: text})


def write_texts(texts: Mapping[str | Path, str] | Mapping[Path, str]) -> None:
    """Write several files, each as a whole; when one of them cannot be written, none is.

    The content goes to a file beside the target, which then takes its place and its permissions. Links stay links: what
    they point to is written.

    Raises:
        InputError: a file cannot be written; what was there is as before.
    """
    ready: list[tuple[Path, Path, str]] = []
    kept: list[Path] = []
    try:
        for given, text in texts.items():
            with _named(given):
                target = _target_of(Path(given))
                content = text.encode("utf-8", "backslashreplace")  # lone surrogates have no encoding
                if target.exists() and not target.is_file():
                    target.write_bytes(content)  # a device such as /dev/stdout
                    continue
                beside = target.with_name(f".{target.name[:40]}.{secrets.token_hex(6)}.tmp")
                ready.append((beside, target, str(given)))  # first, so that it is removed whatever happens
                _write_new(beside, content, like=target)
        _place(ready, kept)
    finally:
        for path in [*(beside for beside, _, _ in ready), *kept]:
            with suppress(OSError):
                path.unlink()


def _place(ready: Sequence[tuple[Path, Path, str]], kept: list[Path]) -> None:
    """Let files take the places of their targets; when one cannot, put back what stood at all of them.

    Args:
        ready: file, target, and how the target was named.
        kept: second names of what stands at the targets, added to; they are the caller's to remove.
    """
    restore: list[tuple[Path, Path, Path | None]] = []
    before = len(interrupts.written)
    try:
        for beside, target, name in ready:
            with _named(name):
                old = _linked(target, kept) if len(ready) > 1 and target.exists() else None
                restore.append((beside, target, old))
                beside.replace(target)
            interrupts.written.append(name)
    except BaseException:
        if len(ready) > 1:
            del interrupts.written[before:]
            for beside, target, old in restore:
                with suppress(OSError):
                    if old is not None:
                        old.replace(target)
                    elif not beside.exists():
                        target.unlink()
        raise


def _linked(target: Path, kept: list[Path]) -> Path:
    """Return a second name for what stands at a target."""
    second = target.with_name(f".{target.name[:40]}.{secrets.token_hex(6)}.old")
    kept.append(second)
    try:
        second.hardlink_to(target)
    except OSError:  # a file system without links
        _write_new(second, target.read_bytes(), like=target)
    return second


def read_bytes(path: Path, *, what: str, limit: int = MAX_BYTES) -> bytes:
    """Return the content of a regular file.

    Args:
        path: of the file.
        what: what it should hold, for messages.
        limit: most bytes that it may have.

    Raises:
        DataError: it cannot be read, is a pipe, a device or the like, or is larger than the limit.
    """
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            raise DataError(f"{path}: not a regular file but {kind_of(mode)}; save the {what} to a file first")
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        named = plain(str(path), MAX_NAME)
        raise DataError(f"{named}: cannot be read ({reason(error)}); give a {what}") from error
    if len(content) > limit:
        raise DataError(f"{path}: larger than {limit >> 20} MB, which no {what} is")
    return content


def read_text(path: Path, *, what: str, limit: int = MAX_BYTES) -> str:
    """Return the text of a regular file in UTF-8.

    Raises:
        DataError: as ``read_bytes``, or it is no UTF-8.
    """
    try:
        return read_bytes(path, what=what, limit=limit).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: cannot be read ({error}); give a {what}") from error


def parse_json(text: str) -> Any:
    """Return what a JSON text holds; whole numbers of hundreds of digits become infinite.

    Raises:
        ValueError: it is no JSON.
        RecursionError: it is nested too deeply.
    """
    return json.loads(text, parse_int=_whole)


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MAX_DIGITS else float(digits)


def kind_of(mode: int) -> str:
    """Return what stands at a path that is no regular file."""
    if stat.S_ISFIFO(mode):
        return "a pipe"
    if stat.S_ISDIR(mode):
        return "a folder"
    return "a socket" if stat.S_ISSOCK(mode) else "a device"


def reason(error: Exception) -> str:
    """Return why the system refused, without the path."""
    said: str = getattr(error, "strerror", None) or str(error)
    return said.replace("No such file", "no such file")


class _named:  # noqa: N801 - reads as a sentence: with _named(path)
    """Turn what the system refuses into a message that names the file."""

    def __init__(self, path: str | Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, OSError | ValueError):
            raise InputError(
                f"{self._path}: cannot be written ({reason(error)}); what was there is as before; choose another place"
            ) from error


def _target_of(path: Path) -> Path:
    """Return what a path stands for, links followed.

    Raises:
        OSError: it cannot be written to.
    """
    target = Path(os.path.realpath(path))
    try:
        mode = target.stat().st_mode
    except FileNotFoundError:
        return target
    if stat.S_ISDIR(mode) or stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):
        raise OSError(0, f"it is {kind_of(mode)}")
    if not os.access(target, os.W_OK):
        raise PermissionError(0, "it is read-only")
    return target


def _write_new(path: Path, content: bytes, *, like: Path) -> None:
    """Write a file that must be new and lasts, with another one's permissions where there is that."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor
        file.write(content)
        file.flush()
        with suppress(OSError):  # there is none, or the file system has no permissions
            os.fchmod(descriptor, stat.S_IMODE(like.stat().st_mode))
        os.fsync(descriptor)
