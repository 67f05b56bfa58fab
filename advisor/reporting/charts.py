"""From an Altair chart to an inline SVG that takes its colours from the page and says in words what it shows.

Charts are drawn with stand-in colours, one per role; the SVG gets a class per role instead, so that one drawing serves
light, dark and print. Each is drawn twice, for wide and for narrow columns, because text in a scaled SVG shrinks with it.
"""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET  # parses only what vl-convert has just written
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup

if TYPE_CHECKING:
    import altair as alt

ROLES: Final = {
    "ink": "#010101",
    "muted": "#020202",
    "grid": "#030303",
    "accent": "#040404",
    "soft": "#050505",
    "second": "#060606",
    "danger": "#070707",
    "paper": "#080808",
}
_CLASSES = {color: role for role, color in ROLES.items()}
_DROPPED = frozenset({"class", "role", "aria-roledescription", "aria-label", "aria-hidden", "font-family", "pointer-events"})
_REFERENCE = re.compile(r"url\(#([^)]+)\)")


@dataclass(frozen=True, slots=True)
class Size:
    """How much room a chart has: the plot's width in pixels, and how many letters a name may take."""

    name: str
    width: int
    letters: int

    @property
    def wide(self) -> bool:
        """There is room for all labels."""
        return self.name == "wide"


WIDE: Final = Size("wide", 700, 38)
NARROW: Final = Size("narrow", 268, 17)


@dataclass(frozen=True, slots=True)
class Rows:
    """The numbers behind a chart, for those who cannot see it or want them."""

    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart ready for the page; ``summary`` is its text alternative."""

    id: str
    title: str
    summary: str
    caption: str
    wide: Markup
    narrow: Markup
    data: Rows


def drawn(
    chart_id: str, title: str, summary: str, draw: Callable[[Size], alt.TopLevelMixin], data: Rows, caption: str = ""
) -> Drawing:
    """Render a chart in both sizes.

    Args:
        chart_id: prefix of every id in the SVG, unique on the page.
        title: short name of the chart.
        summary: what the chart shows, in a sentence or two.
        draw: the chart for a size.
        data: the numbers behind it.
        caption: how to read it; empty when it needs no words.
    """
    wide, narrow = (_svg(draw(size), f"{chart_id}-{size.name}", title, summary) for size in (WIDE, NARROW))
    return Drawing(chart_id, title, summary, caption, wide, narrow, data)


def rows(values: Sequence[dict[str, Any]]) -> alt.Data:
    """Return chart data from plain rows."""
    import altair as alt

    return alt.Data(values=list(values))


def label_chart(values: Sequence[dict[str, Any]], *, left: bool, strong: bool, gap: int) -> alt.Chart:
    """Return the texts of ``label``, ``gap`` pixels left or right of their place, readable on top of lines."""
    import altair as alt

    return (
        alt.Chart(rows(values))
        .mark_text(
            align="right" if left else "left",
            dx=-gap if left else gap,
            fontWeight="bold" if strong else "normal",
            stroke=ROLES["paper"],
            strokeWidth=4,
        )
        .encode(text="label:N")
    )


def rate_axis(title: str | None = "learning rate") -> alt.Axis:
    """Return a logarithmic learning-rate axis: decades, written 1e-3."""
    import altair as alt

    return alt.Axis(title=title, format="~e", grid=True, labelOverlap=True, tickCount=8)


def decades(values: Sequence[float]) -> tuple[float, float]:
    """Return a logarithmic domain around positive values with a little room, at most thirty decades wide."""
    logs = sorted(math.log10(value) for value in values)
    low, high = logs[0], logs[-1]
    room = max(0.12, 0.03 * (high - low))
    low, high = max(low - room, -300.0), min(high + room, 300.0)
    return 10.0**low, 10.0 ** min(high, low + 30.0)


def within(value: float, domain: tuple[float, float]) -> float:
    """Return the value, or the nearer end of the domain."""
    return min(max(value, domain[0]), domain[1])


def right_half(value: float, domain: tuple[float, float]) -> bool:
    """Tell whether a value stands in the right half of a logarithmic domain, so that its label goes to its left."""
    return value > math.sqrt(domain[0]) * math.sqrt(domain[1])


def _svg(chart: alt.TopLevelMixin, prefix: str, title: str, summary: str) -> Markup:
    import vl_convert

    spec = chart.to_dict(validate=False)  # the tests validate; it takes most of the time
    spec["config"] = _config()
    return _themed(vl_convert.vegalite_to_svg(spec), prefix, title, summary)


def _config() -> dict[str, Any]:
    text = {"fontSize": 11.5, "fontWeight": "normal"}
    return {
        "background": None,
        "padding": 4,
        "font": "sans-serif",
        "view": {"stroke": None},
        "axis": {
            "labelColor": ROLES["muted"],
            "titleColor": ROLES["muted"],
            "gridColor": ROLES["grid"],
            "domainColor": ROLES["grid"],
            "tickColor": ROLES["grid"],
            "labelFontSize": 11.5,
            "titleFontSize": 11.5,
            "titleFontWeight": "normal",
            "titlePadding": 8,
            "labelPadding": 5,
            "tickSize": 4,
            "domain": False,
        },
        "text": {"color": ROLES["ink"], **text},
        "legend": {
            "labelColor": ROLES["muted"],
            "labelFontSize": 11.5,
            "titleFontSize": 11.5,
            "orient": "bottom",
            "direction": "vertical",
            "title": None,
            "labelLimit": 400,
            "symbolStrokeWidth": 2,
        },
        "concat": {"spacing": 10},
    }


def _themed(svg: str, prefix: str, title: str, summary: str) -> Markup:
    """Return the SVG without namespaces, fonts and background, with role classes, its own ids and a text alternative."""
    root = ET.fromstring(svg)  # noqa: S314
    names: dict[str, str] = {}
    for element in root.iter():
        _, _, element.tag = element.tag.rpartition("}")
        if "id" in element.attrib:
            names[element.attrib["id"]] = f"{prefix}-{len(names)}"
    for element in root.iter():
        _theme(element, names)
    _prune(root)
    heading, description = ET.Element("title", id=f"{prefix}-title"), ET.Element("desc", id=f"{prefix}-desc")
    heading.text, description.text = title, summary
    root[0:0] = [heading, description]
    root.attrib = {
        "class": "chart",
        "viewBox": root.attrib["viewBox"],
        "role": "img",
        "aria-labelledby": f"{prefix}-title",
        "aria-describedby": f"{prefix}-desc",
    }
    return Markup(ET.tostring(root, encoding="unicode"))  # noqa: S704  # the XML writer has escaped every text


def _theme(element: ET.Element, names: dict[str, str]) -> None:
    old, element.attrib = element.attrib, {}
    classes = []
    for key, value in old.items():
        role = _CLASSES.get(value)
        if role is not None and key in {"fill", "stroke"}:
            classes.append(f"{key[0]}-{role}")
        elif key == "id":
            element.attrib["id"] = names[value]
        elif key not in _DROPPED and not key.startswith("{"):
            element.attrib[key] = _REFERENCE.sub(lambda match: f"url(#{names[match[1]]})", value)
    if classes:
        element.attrib["class"] = " ".join(classes)


def _prune(element: ET.Element) -> None:
    """Drop what is never seen: hidden paths, empty groups, the white background."""
    for child in list(element):
        _prune(child)
        hidden = child.attrib.get("display") == "none" or child.attrib.get("d") in {"", "M0,0h0v0h0Z"}
        ground = child.tag == "rect" and child.attrib.get("fill") in {"white", "none", "transparent"}
        frame = child.tag == "path" and not {"class", "fill", "stroke"} & child.attrib.keys()
        if hidden or ground or frame or (child.tag == "g" and not len(child)):
            element.remove(child)
