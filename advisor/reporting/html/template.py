"""How pages are made from templates: everything is escaped and cleaned on its way in; filters and style sheets."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from advisor._data import data_dir
from advisor.language import current, gettext, has_stayed_english
from advisor.reporting.formatting import plain

NO_BREAK = "\N{NO-BREAK SPACE}"
_SMALL_NUMBER = re.compile(r"[\d.]+e-\d+")


@cache
def environment() -> Environment:
    """Return the environment of the shipped templates."""
    made = Environment(
        loader=FileSystemLoader(data_dir("reports")),
        autoescape=True,  # select_autoescape() would leave *.html.j2 unescaped
        undefined=StrictUndefined,
        finalize=_finalized,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["prose"] = _prose
    made.filters["tagged"] = _tagged
    made.globals["script"] = _script()
    made.globals["language"] = current
    made.globals["_"] = gettext
    made.globals["fill"] = _filled
    return made


def _finalized(value: Any) -> Any:
    """Clean every text on its way into the page of control and direction marks."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return plain(value)
    return value


def _filled(message: str, **values: Any) -> Markup:
    """Return a message, which may hold tags, in the current language, with its values escaped and written in."""
    return Markup(gettext(message)).format_map({name: _finalized(value) for name, value in values.items()})  # noqa: S704


def _prose(text: str) -> Markup:
    """Return running text in which ``3.2e-3`` is not broken at its hyphen, nor ``5 %`` before its sign."""
    escaped = str(escape(plain(text).replace(" %", f"{NO_BREAK}%")))
    return _tagged(text, Markup(_SMALL_NUMBER.sub(r'<span class="whole">\g<0></span>', escaped)))  # noqa: S704


def _tagged(text: str, shown: Markup | None = None) -> Markup:
    """Return a text with its language where that is not the page's; ``shown`` is how it stands on the page."""
    shown = escape(plain(text)) if shown is None else shown
    return Markup('<span lang="en">{}</span>').format(shown) if has_stayed_english(text) else shown


def styles(*names: str) -> Markup:
    """Return style sheets from the shipped folder; they are ours and hold no foreign text."""
    folder = data_dir("reports")
    text = "\n".join((folder / f"{name}.css").read_text(encoding="utf-8") for name in names)
    return Markup(text)  # noqa: S704


@dataclass(frozen=True, slots=True)
class _Script:
    """The page's own script, with the hash by which its content security policy lets it and nothing else run."""

    text: Markup
    hash: str


def _script() -> _Script:
    """Return the shipped script; it is ours and holds no foreign text."""
    text = "\n" + (data_dir("reports") / "page.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return _Script(Markup(text), f"sha256-{digest}")  # noqa: S704
