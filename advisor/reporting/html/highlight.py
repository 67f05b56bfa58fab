"""Python code with its comments, strings, numbers and keywords marked, for the page."""

from __future__ import annotations

import io
import keyword
import tokenize
from collections.abc import Iterator

from markupsafe import Markup, escape

_KINDS = {tokenize.COMMENT: "comment", tokenize.STRING: "string", tokenize.NUMBER: "number"}


def highlighted(code: str) -> Markup:
    """Return escaped code with a ``<span>`` around what has a colour; code that is not Python is only escaped."""
    try:
        return Markup("").join(_pieces(code))
    except (tokenize.TokenError, SyntaxError):
        return escape(code)


def _pieces(code: str) -> Iterator[Markup]:
    lines = code.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    done = 0
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        kind = _KINDS.get(token.type) or ("keyword" if keyword.iskeyword(token.string) else "")
        if not kind:
            continue
        start = starts[token.start[0] - 1] + token.start[1]
        end = starts[token.end[0] - 1] + token.end[1]
        yield escape(code[done:start])
        yield Markup('<span class="py-{}">{}</span>').format(kind, code[start:end])
        done = end
    yield escape(code[done:])
