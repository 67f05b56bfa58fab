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
from functools import cache
from typing import Final, Literal, get_args

from advisor._data import data_dir
from advisor.errors import PlanError, did_you_mean

Language = Literal["en", "ko"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
DOMAIN: Final = "advisor"

_HANGUL = re.compile("[가-힣]")
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


def has_stayed_english(text: str) -> bool:
    """Return whether a text that is shown in another language is English: one without a translation.

    >>> with speaking("ko"):
    ...     has_stayed_english("Lower the rate"), has_stayed_english("AdamW"), has_stayed_english("수렴 느림")
    (True, False, False)
    """
    return current() != "en" and bool(_ENGLISH_WORDS.search(text)) and not _HANGUL.search(text)


@cache
def _catalogue(language: Language) -> catalogues.NullTranslations:
    if language == "en":
        return catalogues.NullTranslations()
    return catalogues.translation(DOMAIN, data_dir("translations"), [language])
