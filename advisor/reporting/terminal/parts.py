"""What terminal summaries are made of: titles, bullets, borderless tables, and signs that every terminal can show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.console import Console, ConsoleOptions, RenderableType
from rich.padding import Padding
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from advisor.cleaning import plain_lines
from advisor.reporting.formatting import plain

_ASCII = str.maketrans("▁▂▃▄▅▆▇█×→·…≈✓✕○—─−", "_.,-=+*#x>-.~vxo---")


class Page:
    """Renderables one below the other, cleaned; on a terminal that cannot show a sign, a plain one stands in."""

    def __init__(self, parts: Iterable[RenderableType]) -> None:
        self.parts = tuple(parts)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        for part in self.parts:
            for segment in console.render(part, options):
                yield segment if segment.control else _showable(segment, options.encoding)


def grid(*ratios: int) -> Table:
    """Return a borderless table; the last column takes what is left and wraps."""
    table = Table.grid(padding=(0, 2, 0, 0))
    for index in range(len(ratios)):
        table.add_column(no_wrap=index < len(ratios) - 1, overflow="fold", style="" if index else "dim")
    return table


def title(text: str) -> Text:
    """Return a heading."""
    return Text(plain(text, 72), style="bold")


def bullet(text: str, sign: str = "-") -> RenderableType:
    """Return a point of a list, wrapped beside its sign."""
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row(Text(sign, style="bold"), Text(plain(text)))
    return inset(table)


def inset(part: RenderableType) -> RenderableType:
    """Return a part, moved in."""
    return Padding(part, (0, 0, 0, 2))


def _showable(segment: Segment, encoding: str) -> Segment:
    segment = Segment(plain_lines(segment.text), segment.style)
    try:
        segment.text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        simple = segment.text.translate(_ASCII).encode("ascii", "replace").decode("ascii")
        return Segment(simple, segment.style, segment.control)
    return segment
