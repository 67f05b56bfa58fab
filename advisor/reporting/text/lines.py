"""Lines of plain text: headings and wrapped paragraphs."""

from __future__ import annotations

import textwrap

from advisor.reporting.formatting import plain

WIDTH = 88
"""Letters per line. Judgement: prose that is read well, and fits half a screen."""
_GLUE = "\N{NO-BREAK SPACE}"


def heading(title: str) -> tuple[str, ...]:
    """Return an empty line, the title, and a rule as long."""
    return "", title, "─" * len(title)


def wrapped(text: str, indent: str = "", following: str | None = None) -> list[str]:
    """Wrap one paragraph; foreign control characters never reach the terminal."""
    lines = textwrap.wrap(
        plain(text).replace(" %", f"{_GLUE}%"),
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent if following is None else following,
        break_on_hyphens=False,
    )
    return [line.replace(_GLUE, " ") for line in lines]
