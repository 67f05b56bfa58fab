"""How long work reports how far it is: a function the caller passes in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

Progress = Callable[[str, float | None], None]
"""Called with what is being done and the share done (0 to 1; None when unknown)."""


def silent(_message: str, _share: float | None) -> None:
    """Report nothing; the default everywhere in the library."""


@runtime_checkable
class Planned(Protocol):
    """A function for progress that is also told what is going to be done."""

    def planned(self, plan: object) -> None:
        """Take note of a plan before it is carried out.

        Args:
            plan: a ``results.CheckPlan``.
        """
        ...


def tell_plan(progress: object, plan: object) -> None:
    """Tell a plan to whoever wants to know of plans."""
    if isinstance(progress, Planned):
        progress.planned(plan)
