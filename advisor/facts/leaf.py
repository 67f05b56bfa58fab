"""How a fact is declared: a description, a unit, and 'unknown' as the default."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from advisor.errors import FactError, InputError, did_you_mean, requirement, shortened
from advisor.numerals import number
from advisor.short_repr import ShortRepr

UNIT = "unit"

LARGEST_COUNT = 2**63 - 1
"""By definition of the whole numbers that files and tensors hold."""
LARGEST_NUMBER = 1e50
"""Stated numbers lie between this and its inverse. Judgement: far beyond any rate, size or loss, and a product of six
of them is still a floating-point number."""


def in_range(value: float) -> float:
    """Return a number of a rule, which is not too small to compute with either.

    Raises:
        ValueError: it is too large or too small.
    """
    if wanted := out_of_range(value):
        raise ValueError(f"must be {wanted}, not {value!r}")
    return value


def out_of_range(value: object) -> str:
    """Return what a stated number must be when it is too large or too small to compute with; empty when it is fine."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    if isinstance(value, int):
        return "" if abs(value) <= LARGEST_COUNT else f"at most {LARGEST_COUNT:.0e}"
    if abs(value) > LARGEST_NUMBER:
        return f"at most {LARGEST_NUMBER:g}"
    return f"at least {1.0 / LARGEST_NUMBER:g} in size" if 0.0 < abs(value) < 1.0 / LARGEST_NUMBER else ""


class FactSheet(ShortRepr, BaseModel):
    """A frozen group of facts; every leaf may be unknown (None).

    Attributes:
        error: what is raised when a leaf is unknown or its value does not fit.
        noun: what messages call a leaf.

    Raises:
        FactError: an unknown name, or a value that does not fit; the message says what would.
    """

    error: ClassVar[type[InputError]] = FactError
    noun: ClassVar[str] = "fact"

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, validate_default=False, protected_namespaces=()
    )

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise self.error(self._message(error.errors()[0])) from error

    @classmethod
    def _message(cls, problem: ErrorDetails) -> str:
        name, value = ".".join(map(str, problem["loc"])), problem["input"]
        if problem["type"] == "extra_forbidden":
            return f"{cls.__name__} has no {cls.noun} called {name!r}{did_you_mean(name, cls.model_fields)}"
        accepted = re.findall(r"'([^']+)'", problem.get("ctx", {}).get("expected", ""))
        meant = did_you_mean(value, accepted) if isinstance(value, str) else ""
        return f"{name}={shortened(value)}: {requirement(problem['msg'])}{meant}"

    def _repr_html_(self) -> str:
        """Return what is known as a table, for notebooks."""
        row = "<tr><td>{}</td><td><b>{}</b></td><td>{}</td></tr>"
        rows = (row.format(*map(html.escape, cells)) for cells in _known_cells(self))
        return f"<table><caption><b>{type(self).__name__}</b></caption>{''.join(rows)}</table>"


def _known_cells(sheet: FactSheet, prefix: str = "") -> Iterator[tuple[str, str, str]]:
    for name, field in type(sheet).model_fields.items():
        value = getattr(sheet, name)
        if isinstance(value, FactSheet):
            yield from _known_cells(value, f"{prefix}{name}.")
        elif isinstance(value, tuple):
            if value:
                yield f"{prefix}{name}", f"{len(value)} entries", field.description or ""
        elif value is not None:
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            unit = (field.json_schema_extra or {}).get(UNIT, "") if isinstance(field.json_schema_extra, dict) else ""
            shown = f"{number(value)} {unit}".strip() if is_number else str(value)
            yield f"{prefix}{name}", shown, field.description or ""


def fact(
    description: str, unit: str = "", *, ge: float | None = None, gt: float | None = None, le: float | None = None
) -> Any:
    """Declare one leaf of a fact sheet.

    Args:
        description: one sentence a practitioner understands.
        unit: such as ``rows``, ``steps``, ``share`` (0 to 1), ``ratio``; empty for names and flags.
        ge: smallest known value.
        gt: bound that a known value must exceed.
        le: largest known value.
    """
    return Field(default=None, description=description, ge=ge, gt=gt, le=le, json_schema_extra={UNIT: unit})


def group(model: type[FactSheet], description: str) -> Any:
    """Declare a nested group of facts, all unknown by default."""
    return Field(default_factory=model, description=description)
