"""What the user says about a file of text, so that nothing about it has to be worked out."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator, model_validator

from advisor.errors import DataError, did_you_mean, requirement

ColumnType = Literal["number", "text", "date", "boolean"]
"""Kinds that ``types`` may give a column."""

LONGEST_DELIMITER = 4
"""By definition of the reader, DuckDB: bytes that may part two fields."""

_WORDS = {"tab": "\t", "\\t": "\t", "blank": " ", "space": " ", "comma": ",", "semicolon": ";", "pipe": "|", "none": ""}


class ReadingOptions(BaseModel):
    """How a file of text is to be read; what is None is worked out from the file, and said."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    delimiter: str | None = Field(
        default=None, description='between fields: at most four characters such as ; or ::, "tab", or "blank" for runs'
    )
    quote: str | None = Field(default=None, description='around fields: one character, or "none"')
    encoding: str | None = Field(default=None, description="such as utf-8, cp1252, cp949 or utf-16")
    decimal: str | None = Field(default=None, description='decimal sign of numbers: "." or ","')
    thousands: str | None = Field(default=None, description="sign between groups of three digits")
    na: tuple[str, ...] = Field(default=(), description="further words and codes that stand for a missing value")
    header: bool | None = Field(default=None, description="whether the first line that is not skipped holds names")
    skip: int | None = Field(default=None, ge=0, description="lines to leave out at the top")
    types: tuple[tuple[str, ColumnType], ...] = Field(default=(), description="kinds of columns by name")
    date_format: str | None = Field(default=None, description="of dates, such as %d/%m/%Y")
    engine: Literal["spark"] | None = Field(default=None, description="what reads files instead of this machine")
    table: str | None = Field(default=None, description="table, sheet, array or file, where the source holds several")

    @field_validator("delimiter", "quote", "thousands", mode="before")
    @classmethod
    def _sign(cls, value: Any, info: ValidationInfo) -> Any:
        value = _WORDS.get(value, value) if isinstance(value, str) else value
        most = LONGEST_DELIMITER if info.field_name == "delimiter" else 1
        if isinstance(value, str) and len(value.encode()) > most and len(value) > 1:
            many = "at most four characters" if most > 1 else "one character"
            raise ValueError(f"give {many}, or tab, blank, comma, semicolon, pipe")
        return value

    @field_validator("decimal")
    @classmethod
    def _decimal(cls, value: str | None) -> str | None:
        if value not in {None, ".", ","}:
            raise ValueError('give "." or ","')
        return value

    @field_validator("encoding")
    @classmethod
    def _encoding(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                codecs.lookup(value)
            except LookupError as error:
                raise ValueError("no such encoding; give utf-8, cp1252, latin-1, cp949, utf-16 …") from error
        return value

    @field_validator("na", mode="before")
    @classmethod
    def _na(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else tuple(str(word) for word in value)

    @field_validator("types", mode="before")
    @classmethod
    def _types(cls, value: Any) -> Any:
        return tuple(value.items()) if isinstance(value, Mapping) else value

    @model_validator(mode="after")
    def _signs_differ(self) -> ReadingOptions:
        if self.decimal is not None and self.decimal in {self.thousands, self.delimiter if self.quote == "" else None}:
            raise ValueError("decimal sign and thousands sign must differ")
        if self.date_format is not None and not re.search(r"%[a-zA-Z]", self.date_format):
            raise ValueError("date_format: give a pattern such as %d/%m/%Y")
        return self

    @property
    def given(self) -> tuple[str, ...]:
        """Names of the options that were given."""
        return tuple(name for name, value in self if value not in (None, ()))

    def type_of(self, column: str) -> ColumnType | None:
        """Return the kind that was given for a column."""
        return dict(self.types).get(column)


def reading_options(given: ReadingOptions | Mapping[str, Any] | None) -> ReadingOptions:
    """Return options from what a caller gives.

    Raises:
        DataError: an unknown option, or a value that cannot be used.
    """
    if isinstance(given, ReadingOptions):
        return given
    try:
        return ReadingOptions(**(given or {}))
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else "decimal"
        if first["type"] == "extra_forbidden":
            near = did_you_mean(name, ReadingOptions.model_fields)
            raise DataError(f"reading: there is no option {name!r}{near}") from error
        what = requirement(str(first["msg"]))
        if name == "types":
            what = f"give column=kind with a kind of {', '.join(get_args(ColumnType))}"
        raise DataError(f"reading: {name}={first['input']!r}: {what}") from error


def chosen_part(source: str, what: str, names: Sequence[str], wanted: str | None) -> str:
    """Return which of several parts of a source is meant: the only one, or the one that was named.

    Args:
        source: for messages.
        what: the parts are, such as "table".
        names: of the parts.
        wanted: what the user said.

    Raises:
        DataError: there is none of that name, or several and none was named.
    """
    listed = ", ".join(names[:12])
    if wanted is not None:
        if wanted not in names:
            raise DataError(f"{source}: holds no {what} {wanted!r}{did_you_mean(wanted, names)} (it holds: {listed})")
        return wanted
    if not names:
        raise DataError(f"{source}: holds no {what}; there is nothing to read")
    if len(names) > 1:
        raise DataError(f"{source}: holds {len(names)} {what}s ({listed}); say which with --table")
    return names[0]
