"""Fill the named values of a sentence; the style of each value is written in the sentence, after its name."""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from advisor.language import gettext as _
from advisor.language import phrase
from advisor.reporting import formatting, labels

STYLES: Final[Mapping[str, Callable[[Any], str]]] = MappingProxyType(
    {
        "count": formatting.count,
        "exact": formatting.exact,
        "excess": formatting.excess,
        "factor": formatting.factor,
        "loss": formatting.loss,
        "number": formatting.number,
        "parts": lambda value: formatting.amount(value, phrase("held-out parts")),
        "optimizer": labels.optimizer_name,
        "position": formatting.position,
        "rate": formatting.rate,
        "schedule": labels.schedule_name,
        "seeds": lambda value: formatting.amount(value, phrase("seeds")),
        "share": formatting.share,
        "short": lambda value: formatting.number(value, 2),
        "text": formatting.plain,
    }
)


_OF_TEXT = (formatting.plain, labels.optimizer_name, labels.schedule_name)


class _Filler(string.Formatter):
    """Fills gaps also from a file that others have changed: what is missing is unknown, and text stays text."""

    def get_value(self, key: int | str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        return kwargs.get(key, _(formatting.UNKNOWN)) if isinstance(key, str) else super().get_value(key, args, kwargs)

    def format_field(self, value: Any, format_spec: str) -> str:
        style = STYLES[format_spec or "text"]
        if isinstance(value, str) and style not in _OF_TEXT:
            return formatting.plain(value)
        return style(value if style not in _OF_TEXT else str(value))


def fill(template: str, /, **values: float | str) -> str:
    """Return a sentence in the current language with its values written in.

    Args:
        template: with gaps ``{name:style}``; a gap without a style takes a text.
        **values: by name; more than the sentence uses are allowed.

    Raises:
        KeyError: the sentence names a style that does not exist.

    >>> fill("the loss ends at {end:number}, {gain:share} lower", end=0.41234, gain=0.2)
    'the loss ends at 0.412, 20 % lower'
    """
    return _Filler().vformat(_(template), (), values)
