"""Fill the named values of a sentence; the style of each value is written in the sentence, after its name."""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from advisor.reporting import formatting, labels

STYLES: Final[Mapping[str, Callable[[Any], str]]] = MappingProxyType(
    {
        "count": formatting.count,
        "exact": formatting.exact,
        "excess": formatting.excess,
        "factor": formatting.factor,
        "loss": formatting.loss,
        "number": formatting.number,
        "optimizer": labels.optimizer_name,
        "position": formatting.position,
        "rate": formatting.rate,
        "schedule": labels.schedule_name,
        "share": formatting.share,
        "text": formatting.plain,
    }
)


class _Filler(string.Formatter):
    def format_field(self, value: Any, format_spec: str) -> str:
        return STYLES[format_spec or "text"](value)


def fill(template: str, /, **values: float | str) -> str:
    """Return a sentence with its values written in.

    Args:
        template: with gaps ``{name:style}``; a gap without a style takes a text.
        **values: by name; more than the sentence uses are allowed.

    Raises:
        KeyError: the sentence names a value or a style that does not exist.

    >>> fill("the loss ends at {end:number}, {gain:share} lower", end=0.41234, gain=0.2)
    'the loss ends at 0.412, 20 % lower'
    """
    return _Filler().vformat(template, (), values)
