"""What is installed beside advisor: pinned in constraints.txt, and under licences that allow its use anywhere."""

from __future__ import annotations

import importlib.metadata
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PERMISSIVE = re.compile(
    r"MIT|BSD|Apache|PSF|Python Software Foundation|MPL|ISC|0BSD|Unlicense|Zlib|HPND|CC0", re.IGNORECASE
)
BUNDLED = {"torch": "BSD-3-Clause"}
"""Packages whose licence text lists those of everything they bundle; torch's own is this one."""


def closure(requirements: Iterable[str]) -> set[str]:
    """Return the installed packages that requirements lead to; those for other systems are left out."""
    waiting, found = list(requirements), set[str]()
    while waiting:
        wanted = Requirement(waiting.pop())
        name = canonicalize_name(wanted.name)
        if name in found or (wanted.marker is not None and not wanted.marker.evaluate({"extra": ""})):
            continue
        found.add(name)
        waiting += importlib.metadata.requires(name) or []
    return found


def licence_of(name: str) -> str:
    """Return what a package says of its licence."""
    meta = importlib.metadata.metadata(name)
    classifiers = [one.rsplit(" :: ", 1)[-1] for one in meta.get_all("Classifier") or [] if one.startswith("License")]
    stated = [meta.get("License-Expression") or "", *classifiers, (meta.get("License") or "").split("\n")[0]]
    return BUNDLED.get(name) or next((one for one in stated if one and one != "OSI Approved"), "")


def test_every_dependency_has_a_permissive_licence(record_property: object) -> None:
    found = {name: licence_of(name) for name in sorted(closure(PROJECT["project"]["dependencies"]))}
    assert len(found) > 20
    assert not {name: licence for name, licence in found.items() if not PERMISSIVE.search(licence)}
    for name, licence in found.items():
        record_property(name, licence)  # type: ignore[operator]  # into the report of the run


def test_the_constraints_pin_everything_that_is_installed() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = {canonicalize_name(line.split("==")[0]) for line in lines if "==" in line and not line.startswith("#")}
    groups = PROJECT["dependency-groups"]
    own = PROJECT["project"]
    named = [one for one in (*groups["test"], *groups["lint"]) if isinstance(one, str)]
    wanted = [*own["dependencies"], *own["optional-dependencies"]["torch"], *named]
    assert not closure(wanted) - pinned
