# ruff: noqa: T201 - prints what pip installs
"""The oldest versions that ``pyproject.toml`` allows, one requirement a line: ``make lowest`` installs them."""

from __future__ import annotations

import tomllib
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]


def lowest(requirement: str) -> str:
    """Return the requirement pinned at its lower bound.

    >>> lowest("numpy>=2.0")
    'numpy==2.0'

    Raises:
        ValueError: it has none, or several.
    """
    wanted = Requirement(requirement)
    (bound,) = [one.version for one in wanted.specifier if one.operator == ">="]
    return f"{wanted.name}=={bound}"


if __name__ == "__main__":
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    print(*map(lowest, project["dependencies"]), sep="\n")
