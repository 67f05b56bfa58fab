"""Short texts for objects in a console: what is known of them, cut to a few lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from pydantic import BaseModel

LIMIT = 600
"""Characters at most. Judgement: seven lines of a console."""
NESTED = 100
"""Characters of a part at most. Judgement: a line."""
MAX_TEXT = 60
"""Characters of a text inside. Judgement: more is read with ``print``."""


class ShortRepr:
    """Prints as ``short_repr`` says."""

    __slots__ = ()

    def __repr__(self) -> str:
        return short_repr(self)

    def __str__(self) -> str:
        return repr(self)


def short_repr(value: Any, limit: int = LIMIT) -> str:
    """Return ``Name(field=value, …)`` with the fields that say something, in at most ``limit`` characters."""
    name, room = type(value).__name__, limit - len(type(value).__name__) - 2
    shown: list[str] = []
    for part in _parts(value):
        if sum(len(text) + 2 for text in shown) + len(part) + 3 > room:
            shown.append("…")
            break
        shown.append(part)
    return f"{name}({', '.join(shown)})"


def _parts(value: Any) -> Iterator[str]:
    names = type(value).model_fields if isinstance(value, BaseModel) else [field.name for field in fields(value)]
    for name in names:
        text = _text(getattr(value, name))
        if text:
            yield f"{name}={text}"


def _text(item: Any) -> str:
    """Return a value in short; empty where it says nothing."""
    match item:
        case None | "" | ():
            return ""
        case bool() | int():
            return repr(item)
        case float():
            return f"{item:.4g}"
        case str():
            return repr(item if len(item) <= MAX_TEXT else f"{item[: MAX_TEXT - 1]}…")
        case tuple() | list() | dict():
            return f"<{len(item)}>"
        case _ if isinstance(item, BaseModel) or is_dataclass(item):
            text = short_repr(item, NESTED)
            return "" if text.endswith("()") else text
        case _:
            return repr(item)[:MAX_TEXT]
