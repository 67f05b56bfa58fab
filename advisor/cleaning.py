"""Foreign text (names of columns, files and rules, texts of errors) made fit to be shown.

Everything that people read goes through here: terminals, pages, charts, Markdown and messages of errors.
"""

from __future__ import annotations

import unicodedata
from typing import Final

ELLIPSIS: Final = "…"
# Marks that reorder or hide the text around them: a column called "\u202e…" would turn a sentence round.
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def plain(text: str, limit: int | None = None) -> str:
    r"""Return foreign text on one line, without control and direction marks, shortened to ``limit`` characters.

    >>> plain("a\x1b[31m\nb")
    'a�[31m b'
    >>> plain("a very long name", 9)
    'a very l…'
    """
    shown = text if text.isprintable() else "".join(map(_shown, text))
    if limit is not None and len(shown) > limit:
        return shown[: max(0, limit - 1)].rstrip() + ELLIPSIS
    return shown


def plain_lines(text: str) -> str:
    r"""Return foreign text of several lines without control and direction marks; line breaks stay.

    >>> plain_lines("one\x07\ntwo")
    'one�\ntwo'
    """
    return "\n".join(map(plain, text.split("\n")))


def json_text(text: str) -> str:
    r"""Return JSON in which control and direction marks stand as escapes, so that a terminal takes none of them.

    >>> json_text('"\u202e"')
    '"\\u202e"'
    """
    return "".join(character if _is_harmless(character) else f"\\u{ord(character):04x}" for character in text)


def _is_harmless(character: str) -> bool:
    return character.isprintable() or character in "\n\t" or ord(character) > 0xFFFF


def _shown(character: str) -> str:
    if character.isprintable():
        return character
    if character in _BIDI:
        return ""
    if character.isspace():
        return " "
    # Cf holds the joiners that emoji and many scripts need; U+FEFF and the tags in it do no harm once on one line.
    return character if unicodedata.category(character) == "Cf" else "\N{REPLACEMENT CHARACTER}"
