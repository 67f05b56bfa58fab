"""The templates of printed programs, and how values and words are written into Python."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

WIDTH = 110
"""Characters of a line of printed code. Judgement: fits a page of the report and a screen."""


def program(name: str, **values: Any) -> str:
    """Return a program from its template."""
    return _environment().get_template(f"{name}.py.j2").render(**values).rstrip("\n") + "\n"


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("programs")),
        autoescape=False,  # noqa: S701 - Python, not HTML; foreign text goes through the two filters
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["literal"] = literal
    made.filters["words"] = words
    return made


def literal(value: Any, used: int = 0) -> str:
    """Return a value as Python source, as a formatter writes it; nothing in it can be more than a value.

    Args:
        value: strings, numbers, None, and lists, tuples and dicts of them.
        used: characters of the first line that are taken.

    >>> print(literal({"a": [1, "b'"]}))
    {"a": [1, "b'"]}
    """
    line = _one_line(value)
    if len(line) + used <= WIDTH or not isinstance(value, list | dict) or not value:
        return line
    items = [_one_line(item) for item in value] if isinstance(value, list) else _pairs(value)
    rows = [""]
    for item in items:
        if rows[-1] and (isinstance(value, dict) or len(rows[-1]) + len(item) + 6 > WIDTH):
            rows.append("")
        rows[-1] += f" {item}," if rows[-1] else f"{item},"
    inside = "".join(f"    {row}\n" for row in rows)
    return f"[\n{inside}]" if isinstance(value, list) else f"{{\n{inside}}}"


def _one_line(value: Any) -> str:
    match value:
        case str():
            return json.dumps(value, ensure_ascii=not value.isprintable())
        case list():
            return f"[{', '.join(map(_one_line, value))}]"
        case tuple():
            return f"({', '.join(map(_one_line, value))}{',' if len(value) == 1 else ''})"
        case dict():
            return f"{{{', '.join(_pairs(value))}}}"
        case _:
            return repr(value)


def _pairs(value: dict[Any, Any]) -> list[str]:
    return [f"{_one_line(name)}: {_one_line(item)}" for name, item in value.items()]


def words(text: str) -> str:
    """Return text for a comment or a docstring: one line, and nothing that could end either."""
    plain = "".join(sign if sign.isprintable() else " " for sign in text)
    return plain.replace("\\", "/").replace('"""', "'''").rstrip('"')
