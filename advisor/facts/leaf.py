"""How a fact is declared: a description, a unit, and 'unknown' as the default."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

UNIT = "unit"


class FactSheet(BaseModel):
    """A frozen group of facts; every leaf may be unknown (None)."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, validate_default=False, protected_namespaces=()
    )


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
