"""The language that reports are written in.

Code holds every message in English, values as named gaps. The English message is the key of its translation in
``translations/``; a message without one stays English.
"""

from __future__ import annotations

import gettext as catalogues
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Final, Literal, get_args

from advisor._data import data_dir
from advisor.errors import PlanError, did_you_mean

Language = Literal["en", "ko"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
DOMAIN: Final = "advisor"

_HANGUL = re.compile("[가-힣]")
_GAP = re.compile(r"\{\d+\}")
_APPENDED = "((?:; .*?)?)"
"""A gap right behind another: a hint such as ``; did you mean 'x'?``, or nothing."""
_CUTS = (". ", "; ", ", ")
"""Where a text of several sentences, or of several phrases, falls apart."""
_ENGLISH_WORDS = re.compile(r"[A-Za-z]{2,},? [a-z]{2,}")

_current: ContextVar[Language] = ContextVar("language", default="en")


def current() -> Language:
    """Return the language that messages are translated into now; English unless ``speaking`` says otherwise."""
    return _current.get()


@contextmanager
def speaking(language: str | None) -> Iterator[None]:
    """Translate into a language inside a ``with`` block, in this thread and task alone; None leaves it as it is.

    Raises:
        PlanError: there is no such language.
    """
    token = _current.set(current() if language is None else language_named(language))
    try:
        yield
    finally:
        _current.reset(token)


def language_named(name: str) -> Language:
    """Return a language by its code; a region or encoding after it is of no matter.

    Raises:
        PlanError: there is no such language.

    >>> language_named("ko"), language_named("ko_KR.UTF-8"), language_named("EN")
    ('ko', 'ko', 'en')
    """
    code = name.strip().lower().replace("-", "_").split(".")[0].split("_")[0]
    if code not in LANGUAGES:
        raise PlanError(f"language {name}: must be one of {', '.join(LANGUAGES)}{did_you_mean(code, LANGUAGES)}")
    return code


def gettext(message: str) -> str:
    """Return a message in the current language; as it is where that language has no translation of it."""
    return _catalogue(current()).gettext(message) if message else ""


def phrase(message: str) -> str:
    """Return a message as it is: marks one that stands in a table and is translated when it is used."""
    return message


def translated(text: str) -> str:
    """Return a finished English sentence in the current language, values and all; as it is where nothing fits.

    What profiling notes and errors say is English, so that results and exceptions are the same in every language. The
    catalogue holds the sentences that these are written from, with gaps such as ``{0}``; a finished one is told by its
    pattern.

    >>> with speaking("ko"):
    ...     translated("data.csv: no such file; check the path")
    'data.csv: 그런 파일이 없습니다. 경로를 확인하십시오'
    """
    if current() == "en" or " " not in text:  # a word alone is a name or a value
        return text
    said = gettext(text)
    if said != text:
        return said
    parts = text.split("; ")
    if len(parts) > 1 and not any(sentence.fits(text, apart=True) for sentence in _sentences(current())):
        said_apart = [translated(part) for part in parts]
        if all(part != said for part, said in zip(parts, said_apart, strict=True)):
            return "; ".join(said_apart)
    for sentence in _sentences(current()):
        found = sentence.match(text)
        if found is not None:
            return found
    name, dash, note = text.partition(" — ")
    if dash:
        return f"{name}{dash}{translated(note)}"
    for cut in _CUTS:
        first, between, rest = text.partition(cut)
        if first and rest:
            end = between.removesuffix(" ").strip(";,")  # a sentence keeps its full stop
            return f"{translated(first + end)}{between.removeprefix(end)}{translated(rest)}"
    return text


@dataclass(frozen=True)
class _Sentence:
    """A sentence with numbered gaps, and its translation."""

    longest: str
    pattern: re.Pattern[str]
    translation: str

    @classmethod
    def of(cls, message: str, translation: str) -> _Sentence:
        parts = [part.replace("{{", "{").replace("}}", "}") for part in _GAP.split(message)]
        pattern = re.escape(parts[0])
        for before, after in pairwise(parts):
            touches = not before and pattern.endswith(")")
            pattern += (_APPENDED if touches else "(.*?)") + re.escape(after)
        return cls(max(parts, key=len), re.compile(pattern, re.DOTALL), translation)

    def match(self, text: str) -> str | None:
        """Return the translation of a text that the sentence fits; None for any other."""
        found = self.fits(text)
        return None if found is None else self.translation.format(*map(translated, found.groups()))

    def fits(self, text: str, *, apart: bool = False) -> re.Match[str] | None:
        """Return how the sentence fits a text; if ``apart``, only where none of its gaps swallows another phrase."""
        found = self.pattern.fullmatch(text) if self.longest in text else None
        return None if found is None or (apart and any("; " in gap for gap in found.groups())) else found


def has_stayed_english(text: str) -> bool:
    """Return whether a text that is shown in another language is English: one without a translation.

    >>> with speaking("ko"):
    ...     has_stayed_english("Lower the rate"), has_stayed_english("AdamW"), has_stayed_english("수렴 느림")
    (True, False, False)
    """
    return current() != "en" and bool(_ENGLISH_WORDS.search(text)) and not _HANGUL.search(text)


@cache
def _sentences(language: Language) -> tuple[_Sentence, ...]:
    """Return the sentences with numbered gaps, those with the most words of their own first."""
    held = _catalogue(language)
    pairs = held.messages() if isinstance(held, _Catalogue) else ()
    found = [_Sentence.of(message, translation) for message, translation in pairs if _GAP.search(message)]
    return tuple(sorted(found, key=lambda one: len(one.pattern.pattern), reverse=True))


class _Catalogue(catalogues.GNUTranslations):
    """A catalogue whose messages can be looked through."""

    _catalog: dict[str, str]

    def messages(self) -> Iterator[tuple[str, str]]:
        """Yield messages with their translations."""
        yield from self._catalog.items()


@cache
def _catalogue(language: Language) -> catalogues.NullTranslations:
    if language == "en":
        return catalogues.NullTranslations()
    return catalogues.translation(DOMAIN, data_dir("translations"), [language], class_=_Catalogue)
