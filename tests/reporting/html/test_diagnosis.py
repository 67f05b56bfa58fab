"""The page of a diagnosis: the whole result, symptoms where they are, hostile names as text, always the same bytes."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from html.parser import HTMLParser
from types import ModuleType

import pytest

from advisor.api.diagnosis import Diagnosis
from advisor.reporting.charts import losses as chart_losses
from advisor.reporting.charts.drawing import NARROW, WIDE
from advisor.reporting.charts.svg import ROLES
from advisor.reporting.formatting import plain
from advisor.reporting.symptoms import place_of, sentence_of


class Words(HTMLParser):
    """Collects what a reader sees, and the ids of sections."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self.ids: list[str] = []
        self.style = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.style = tag == "style"
        if tag == "section":
            self.ids.append(str(dict(attrs)["id"]))

    def handle_data(self, data: str) -> None:
        if not self.style:
            self.text.append(data)
        self.style = False

    @property
    def flat(self) -> str:
        return " ".join("".join(self.text).replace("\N{NO-BREAK SPACE}", " ").split())


def test_the_page_tells_the_whole_diagnosis(
    log_case: str, diagnoses: ModuleType, page_of: Callable[[str], str]
) -> None:
    found: Diagnosis = diagnoses.CASES[log_case]()
    text = Words(page_of(log_case)).flat
    wanted = [plain(found.source), found.provenance.ruleset, found.provenance.advisor]
    for symptom in found.symptoms:
        wanted += [place_of(symptom, found), sentence_of(symptom)] if symptom.present else [sentence_of(symptom)]
    for change in found.changes:
        for rule in change.rules:
            wanted += [rule.title, rule.because, *(source.says for source in rule.sources)]
    wanted += [note.text for note in found.notes]
    wanted += [rule.title for rule in found.undecided]
    for part in wanted:
        shown = " ".join(part.split())
        assert shown in text or f"{shown[:1].upper()}{shown[1:]}" in text, part


def test_parts_stand_in_the_order_of_thought(page_of: Callable[[str], str]) -> None:
    assert Words(page_of("troubled_log")).ids == ["answer", "curves", "shows", "change", "remarks", "missing"]
    assert Words(page_of("nan_log")).ids == ["answer", "shows", "change", "remarks", "missing"]
    assert Words(page_of("healthy_log")).ids == ["answer", "curves", "shows"]


@pytest.mark.parametrize(
    ("case", "status", "title"),
    [
        ("healthy_log", "confirmed", "Nothing to change"),
        ("troubled_log", "adjusted", "Something to change"),
        ("broken_log", "rejected", "The run went wrong"),
        ("undecided_log", "rejected", "The run went wrong"),
        ("short_log", "not_run", "Cannot tell"),
    ],
)
def test_the_verdict_has_a_word_and_a_sign(case: str, status: str, title: str, page_of: Callable[[str], str]) -> None:
    page = page_of(case)
    badge = re.search(r'<span class="badge (\w+)"><svg.*?</svg>\s*([^<]+)</span>', page, re.DOTALL)
    assert badge is not None
    assert badge.groups() == (status, title)


def test_no_missing_value_shows_through(log_case: str, page_of: Callable[[str], str]) -> None:
    text = Words(page_of(log_case)).flat
    assert not re.search(r"\b(None|nan|inf|Undefined|True|False)\b", text)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", page_of(log_case))


def test_what_is_unknown_is_asked_for_and_not_promised(page_of: Callable[[str], str]) -> None:
    text = Words(page_of("undecided_log")).flat
    assert "What to change depends on settings that are neither logged nor given" in text
    assert "--optimizer" in text


def test_the_same_diagnosis_gives_the_same_bytes_also_after_its_json(
    log_case: str, diagnoses: ModuleType, page_of: Callable[[str], str]
) -> None:
    again = Diagnosis.from_json(diagnoses.CASES[log_case]().to_json())
    assert again.to_html() == page_of(log_case)


def test_a_notebook_shows_a_fragment_with_ids_of_its_own(diagnoses: ModuleType) -> None:
    fragments = [diagnoses.CASES[case]()._repr_html_() for case in ("troubled_log", "broken_log")]
    ids = [set(re.findall(r'\bid="([^"]+)"', text)) for text in fragments]
    assert ids[0]
    assert not ids[0] & ids[1]
    assert "<html" not in fragments[0]
    assert "overfitting" in fragments[0]


def test_each_symptom_has_a_lane_where_it_shows(diagnoses: ModuleType) -> None:
    info = chart_losses.losses_info(diagnoses.troubled_log())
    assert info is not None
    assert [item.name for item in info.stretches] == ["overfitting", "spikes"]
    drawing = chart_losses.losses(diagnoses.troubled_log())
    assert drawing is not None
    root = ET.fromstring(drawing.wide)  # noqa: S314  # our own
    shown = ["".join(element.itertext()) for element in root.iter("text")]
    for item in info.stretches:
        assert f"{item.title}, {item.place}" in shown
        assert item.place in drawing.summary


def test_a_spike_widens_the_chart_by_no_more_than_its_curve_allows(diagnoses: ModuleType) -> None:
    found = diagnoses.troubled_log()
    info = chart_losses.losses_info(found)
    assert info is not None
    medians = [value for curve in info.losses for value in curve.values if value is not None]
    height = max(medians) - min(medians)
    assert info.domain[0] <= min(medians)
    assert max(medians) <= info.domain[1] <= max(medians) + 2.0 * height
    highs = [value for curve in info.losses for value in curve.highs if value is not None]
    assert max(highs) > max(value for value in medians)  # the band tells what medians hide


def test_many_decades_are_logarithmic_and_what_is_not_finite_is_marked(diagnoses: ModuleType) -> None:
    found = diagnoses.broken_log()
    info = chart_losses.losses_info(found)
    assert info is not None
    assert info.logarithmic
    assert info.domain[1] / info.domain[0] <= 1.0001e6
    drawing = chart_losses.losses(found)
    assert drawing is not None
    assert "NaN or infinite" in drawing.caption
    crosses = [e for e in ET.fromstring(drawing.wide).iter("path") if "f-danger" in e.attrib.get("class", "").split()]  # noqa: S314
    assert len(crosses) == 1
    assert any("not finite" in row for row in drawing.data.rows)


def test_charts_are_valid_and_take_their_colours_from_the_page(log_case: str, diagnoses: ModuleType) -> None:
    found = diagnoses.CASES[log_case]()
    info, drawing = chart_losses.losses_info(found), chart_losses.losses(found)
    if info is None or drawing is None:
        assert log_case == "nan_log"
        return
    for size in (WIDE, NARROW):
        chart_losses._draw(info, size).to_dict(validate=True)
    for svg in (drawing.wide, drawing.narrow):
        assert set(re.findall(r'(?:fill|stroke)="([^"]+)"', svg)) <= {"none", "transparent"}
        assert not any(colour in svg for colour in ROLES.values())
