"""Results that are files of their own."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Self

from pydantic import ValidationError

from advisor.errors import DataError, InputError
from advisor.files import write_text
from advisor.results.trace import Result


class Document(Result):
    """A result with a schema version of its own, written to JSON and read back."""

    kind: ClassVar[str]
    version: ClassVar[str]

    def to_json(self, path: str | Path | None = None) -> str:
        """Return the JSON text, and write it when a path is given."""
        text = self.model_dump_json(indent=2) + "\n"
        if path is not None:
            write_text(path, text)
        return text

    @classmethod
    def from_json(cls, text: str, name: str = "") -> Self:
        """Read it back from its JSON.

        Raises:
            DataError: something else, or written by an incompatible version.
        """
        try:
            return cls.model_validate_json(text)
        except (ValidationError, InputError) as error:  # InputError: of a fact sheet within
            raise DataError(
                f"{name or cls.kind}: no {cls.kind} file of schema {cls.version}: {_first_problem(error)}"
            ) from error


def _first_problem(error: ValidationError | InputError) -> str:
    if isinstance(error, InputError):
        return str(error)
    first = error.errors()[0]
    return f"{first['msg']} at {'.'.join(map(str, first['loc'])) or 'the top level'}"
