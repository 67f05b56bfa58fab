"""The border of the package: what bad input raises inside becomes an ``InputError`` that names call and input.

Whatever the user's own code raises (a loss, a ``forward``, a data set) passes with its traceback, as do errors that
advisor raises on purpose.
"""

from __future__ import annotations

import functools
import inspect
import os
import sysconfig
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, ParamSpec, TypeVar

from advisor.errors import AdvisorError, InputError, shortened

_P = ParamSpec("_P")
_R = TypeVar("_R")

_PACKAGE = str(Path(__file__).resolve().parent)
_LIBRARIES = tuple(str(Path(sysconfig.get_path(name)).resolve()) for name in ("stdlib", "purelib", "platlib"))
_PASSED_ON = (AdvisorError, Warning, NameError)
"""What is raised on purpose, warnings that the user turned into errors, and what no input can cause."""


def checks_input(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Let a function end in an ``InputError`` where bad input would end in an error of some library."""

    @functools.wraps(function)
    def checked(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            with environment_kept():
                return function(*args, **kwargs)
        except _PASSED_ON:
            raise
        except Exception as error:
            if comes_from_user(error.__traceback__):
                raise
            raise InputError(_sentence(function, args, kwargs, error)) from error

    return checked


@contextmanager
def environment_kept() -> Iterator[None]:
    """Put the variables of the environment back; some libraries set one when they are imported."""
    before = dict(os.environ)
    try:
        yield
    finally:
        for name in os.environ.keys() - before.keys():
            del os.environ[name]
        os.environ.update({name: value for name, value in before.items() if os.environ.get(name) != value})


def comes_from_user(traceback: TracebackType | None) -> bool:
    """Return whether code of the user's ran when an error was raised: called by advisor, of no installed package."""
    inside = False
    while traceback is not None:
        place = traceback.tb_frame.f_code.co_filename
        if place.startswith(_PACKAGE):
            inside = True
        elif inside and _is_users(place, str(traceback.tb_frame.f_globals.get("__name__"))):
            return True
        traceback = traceback.tb_next
    return False


def _is_users(place: str, module: str) -> bool:
    """Return whether a file is the user's; compiled libraries name theirs relative to where they were built."""
    if module == "__main__":
        return True
    return Path(place).is_absolute() and not str(Path(place).resolve()).startswith(_LIBRARIES)


def first_line(error: BaseException) -> str:
    """Return an error's kind and the first line of what it says."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {shortened_text(lines[0])}" if lines else type(error).__name__


def shortened_text(text: str, letters: int = 300) -> str:
    """Return a text cut to a length that a sentence can hold."""
    return text if len(text) <= letters else f"{text[:letters]}…"


def _sentence(function: Callable[..., Any], args: Any, kwargs: Any, error: Exception) -> str:
    name = function.__name__
    try:
        given = inspect.signature(function).bind(*args, **kwargs).arguments
    except TypeError:
        return f"{name}: {error}"
    said = ", ".join(f"{key}={_described(value)}" for key, value in given.items() if _is_told(value))
    return f"{name}({said}) cannot use this input ({first_line(error)}); check the types and values given"


def _is_told(value: Any) -> bool:
    empty = isinstance(value, tuple | list | dict | str) and not value
    return value is not None and not empty and not callable(value)


def _described(value: Any) -> str:
    if isinstance(value, str | int | float | bool):
        return shortened(value, 60)
    if isinstance(value, tuple | list) and len(value) <= 3:
        return f"({', '.join(map(_described, value))})"
    shape = getattr(value, "shape", None)
    return f"{type(value).__name__}{f' {tuple(shape)}' if isinstance(shape, tuple) else ''}"
