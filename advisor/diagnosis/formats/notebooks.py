"""What a notebook shows below its cells, and the tables of a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html.parser import HTMLParser
from typing import Any, Final

from advisor.diagnosis.columns import error_role, loss_part, role_of

_TABLE: Final = "<table"


def shown_in(document: Any) -> str | None:
    """Return what the cells of a notebook printed; where only tables were shown, the pages that hold them.

    None for any other document.
    """
    if not isinstance(document, Mapping) or not {"cells", "nbformat"} <= document.keys():
        return None
    printed: list[str] = []
    pages: list[str] = []
    for cell in _listed(document["cells"]):
        for output in _listed(cell.get("outputs")):
            printed.append(_joined(output.get("text")))
            data = output.get("data")
            if isinstance(data, Mapping):
                page = _joined(data.get("text/html"))
                if rows_of_page(page):
                    pages.append(page)
                else:
                    printed.append(_joined(data.get("text/plain")))
    return max(pages, key=len) if pages else "\n".join(text for text in printed if text)


def _listed(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, Sequence) else []


def _joined(value: Any) -> str:
    lines = value if isinstance(value, list) else [value]
    return "".join(line for line in lines if isinstance(line, str))


def rows_of_page(text: str) -> list[dict[str, str]]:
    """Return the rows of the longest table of a page that names a loss; empty without one.

    >>> rows_of_page("<table><tr><th>Step</th><th>Training Loss</th></tr><tr><td>10</td><td>0.5</td></tr></table>")
    [{'Step': '10', 'Training Loss': '0.5'}]
    """
    if _TABLE not in text.lower():
        return []
    reader = _Tables()
    reader.feed(text)
    found = [
        [dict(zip(head, row, strict=True)) for row in rows if len(row) == len(head)]
        for head, *rows in (_headed(table) for table in reader.tables if table)
        if any(_names_loss(name) for name in head)
    ]
    return max(found, key=len, default=[])


def _headed(table: Sequence[list[str]]) -> list[list[str]]:
    """Return a table with the name of its index in its head, which pandas writes into a row of its own."""
    width = max(map(len, table))
    head, *rows = [row for row in table if len(row) == width]
    return [[name or f"column {place}" for place, name in enumerate(head)], *rows]


def _names_loss(name: str) -> bool:
    return role_of(name) in {"loss", "validation_loss"} or loss_part(name) is not None or error_role(name) is not None


class _Tables(HTMLParser):
    """Collects the cells of every table."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - as HTMLParser calls it
        if tag == "table":
            self.tables.append([])
        elif tag == "tr" and self.tables:
            self.tables[-1].append([])
        elif tag in {"td", "th"} and self.tables and self.tables[-1]:
            self.tables[-1][-1].append("")
            self._inside = True

    def handle_endtag(self, tag: str) -> None:
        if tag in {"td", "th", "tr", "table"}:
            self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside and self.tables[-1] and self.tables[-1][-1]:
            self.tables[-1][-1][-1] += data.strip()
