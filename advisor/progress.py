"""How long work reports how far it is: a function the caller passes in."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, float | None], None]
"""Called with what is being done and the share done (0 to 1; None when unknown)."""


def silent(_message: str, _share: float | None) -> None:
    """Report nothing; the default everywhere in the library."""
