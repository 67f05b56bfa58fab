"""Options that several commands share, and what they are turned into."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from advisor.errors import FactError, InputError
from advisor.facts import Plan

RulesOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--rules",
        help="Folder with your own rules, used with the shipped ones; repeatable. Also read from ADVISOR_RULES.",
        show_default=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="FACT=VALUE",
        help="State a fact, such as model.parameters=1e9; repeatable (`advisor facts` lists all).",
        show_default=False,
    ),
]
SeedOption = Annotated[int, typer.Option(help="Same seed and input, same answer.", min=0)]
OptimizerOption = Annotated[
    str | None, typer.Option(help="Keep this optimizer instead of choosing.", show_default=False)
]
ScheduleOption = Annotated[str | None, typer.Option(help="Keep this schedule instead of choosing.", show_default=False)]
EpochsOption = Annotated[float | None, typer.Option(help="Passes over the training rows.", show_default="by the rules")]
BatchOption = Annotated[int | None, typer.Option("--batch-size", help="Rows per step.", show_default="by the rules")]
LearningRateOption = Annotated[
    float | None,
    typer.Option(
        "--learning-rate", "--lr", help="Check this peak learning rate instead of choosing.", show_default=False
    ),
]


def plan_of(**settings: Any) -> Plan:
    """Build the plan from options; settings left out (None) stay free.

    Raises:
        PlanError: a setting cannot be used.
    """
    return Plan(**{name: value for name, value in settings.items() if value is not None})


def overlays_of(folders: list[Path] | None) -> tuple[Path, ...]:
    """Return the overlay folders named by ADVISOR_RULES, then by ``--rules``.

    Raises:
        InputError: a folder does not exist.
    """
    from_environment = [Path(part) for part in os.environ.get("ADVISOR_RULES", "").split(os.pathsep) if part]
    found = (*from_environment, *(folders or ()))
    for folder in found:
        if not folder.is_dir():
            raise InputError(f"--rules {folder}: no such folder; give a folder that holds rule files (*.yaml)")
    return found


def assignments(items: list[str] | None) -> dict[str, str]:
    """Split ``FACT=VALUE`` items.

    Raises:
        FactError: an item has no ``=``.
    """
    pairs: dict[str, str] = {}
    for item in items or ():
        name, equals, value = item.partition("=")
        if not equals or not name.strip():
            raise FactError(f"--set {item}: must be FACT=VALUE, such as --set model.parameters=1e9")
        pairs[name.strip()] = value.strip()
    return pairs
