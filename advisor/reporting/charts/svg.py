"""From an Altair chart to an inline SVG that takes its colours from the page and says in words what it shows.

Charts are drawn with stand-in colours, one per role; the SVG gets a class per role instead, so that one drawing serves
light, dark and print.
"""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET  # parses only what vl-convert has just written
from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup

from advisor.cleaning import plain

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
_DROPPED = frozenset(
    {"class", "role", "aria-roledescription", "aria-label", "aria-hidden", "font-family", "pointer-events"}
)
_REFERENCE = re.compile(r"url\(#([^)]+)\)")


def inline_svg(chart: alt.TopLevelMixin, prefix: str, title: str, summary: str) -> Markup:
    """Render a chart to SVG for the page.

    Args:
        chart: drawn in the colours of ``ROLES``.
        prefix: of every id in the SVG, unique on the page.
        title: short name of the chart.
        summary: what it shows, in words.
    """
    import vl_convert

    spec = chart.to_dict(validate=False)  # the tests validate; it takes most of the time
    spec["config"] = _config()
    svg = vl_convert.vegalite_to_svg(cleaned(spec))  # its XML writer aborts the process at a control character
    return _themed(svg, prefix, plain(title), plain(summary))


def cleaned(spec: Any) -> Any:
    """Return a specification whose texts hold no control or direction marks; data that are JSON in a text too."""
    match spec:
        case str() if spec.startswith("[{"):  # the rows of a chart, as ``drawing.rows`` writes them
            return json.dumps(cleaned(json.loads(spec)))
        case str():
            return plain(spec)
        case dict():
            return {key: cleaned(value) for key, value in spec.items()}
        case list():
            return [cleaned(value) for value in spec]
        case _:
            return spec


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
    """Drop namespaces, fonts and background; give the SVG role classes, its own ids and a text alternative."""
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
        "width": root.attrib["width"],
        "role": "img",
        "aria-labelledby": f"{prefix}-title",
        "aria-describedby": f"{prefix}-desc",
    }
    return Markup(ET.tostring(root, encoding="unicode"))  # noqa: S704  # the XML writer escapes


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
