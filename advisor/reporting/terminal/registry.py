"""The list of facts that ``advisor facts`` prints: names are never broken, so that they can be copied."""

from __future__ import annotations

from dataclasses import dataclass

from rich import box
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from advisor.facts.registry import FactInfo
from advisor.reporting.terminal.parts import inset

WIDE = 140
"""Columns from which on the facts stand in a table. Judgement: 60 are left for the meaning beside the longest name."""


@dataclass(frozen=True, slots=True)
class FactList:
    """Every fact with type, unit and meaning: a table where there is room, else two lines each."""

    facts: tuple[FactInfo, ...]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if options.max_width >= WIDE:
            yield self._table()
            return
        for item in self.facts:
            unit = f", {item.unit}" if item.unit else ""
            yield Text.assemble((item.path, "bold"), (f"  {_type(item)}{unit}", "dim"), no_wrap=True, overflow="ignore")
            yield inset(Text(_meaning(item)))

    def _table(self) -> Table:
        table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
        for header in ("fact", "type", "unit"):
            table.add_column(header, no_wrap=True, overflow="ignore")
        table.add_column("meaning", overflow="fold")
        for item in self.facts:
            table.add_row(item.path, _type(item), item.unit, _meaning(item))
        return table


def _type(item: FactInfo) -> str:
    return item.type + (" (derived)" if item.is_derived else "")


def _meaning(item: FactInfo) -> str:
    return item.description + (f" ({', '.join(item.choices)})" if item.choices else "")
