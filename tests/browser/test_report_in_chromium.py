"""The report in a real browser: quiet, hostile names stay text, accessible, and fit for narrow, dark and paper."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from axe_selenium_python import Axe
from selenium import webdriver
from selenium.webdriver.support.ui import WebDriverWait

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]  # one Chromium

See = Callable[..., webdriver.Chrome]
LOGS = ("healthy_log", "troubled_log", "troubled_log@ko", "broken_log", "nan_log", "hostile_log")
PAGES = ("typical", "typical@ko", "minimal", "rejected", "inconclusive", "hostile", "huge", "wide", "side_by_side")
CASES = (*PAGES, *LOGS)

OVERLAPS = """
  const found = [];
  for (const chart of document.querySelectorAll('svg.chart')) {
    const boxes = [...chart.querySelectorAll('text')].map(e => [e.textContent, e.getBoundingClientRect()])
      .filter(([text, box]) => text && box.width && box.height);
    boxes.forEach(([text, a], i) => {
      for (const [other, b] of boxes.slice(i + 1)) {
        const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        // Boxes are as high as a line with its leading; letters touch where they share more than a third of it.
        if (wide > 1 && high > 0.34 * Math.min(a.height, b.height)) {
          found.push([chart.getAttribute('aria-labelledby'), text, other]);
        }
      }
    });
  }
  return found;
"""


def requests(chrome: webdriver.Chrome) -> list[str]:
    """Return every address that was asked for since the page was opened."""
    found = []
    for entry in chrome.get_log("performance"):
        message: dict[str, Any] = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            found.append(message["params"]["request"]["url"])
    return found


@pytest.mark.parametrize("case", CASES)
def test_the_page_asks_for_nothing_and_has_no_complaints(see: See, report: Callable[[str], str], case: str) -> None:
    chrome = see(case)
    chrome.execute_script("document.querySelectorAll('details').forEach(element => element.open = true)")
    assert set(requests(chrome)) - {report(case), "data:,"} == set()
    assert chrome.execute_script("return performance.getEntriesByType('resource').length") == 0
    assert [entry for entry in chrome.get_log("browser") if entry["level"] != "INFO"] == []


def test_hostile_names_stay_text(see: See, make: ModuleType) -> None:
    chrome = see("hostile")
    assert chrome.title.startswith("AdamW, learning rate 3.2e-3 · <script>alert(1)</script>")
    # An open dialog would make this very call raise UnexpectedAlertPresentException.
    assert chrome.execute_script("return document.querySelectorAll('img, iframe, object, [onerror]').length") == 0
    assert chrome.execute_script("return document.querySelectorAll('script').length") == 1  # ours
    assert chrome.execute_script("return document.querySelectorAll('[onload], [onmouseover]').length") == 0
    assert chrome.execute_script("return document.querySelectorAll('style').length") == 1
    assert chrome.execute_script("return getComputedStyle(document.body).display") != "none"
    names = chrome.execute_script("return [...document.querySelectorAll('#data tbody th bdi')].map(e => e.textContent)")
    for name in make.HOSTILE[:7]:
        assert name in names
    hrefs = chrome.execute_script("return [...document.querySelectorAll('a[href]')].map(e => e.protocol)")
    assert set(hrefs) <= {"https:", "http:", "file:"}


def test_hostile_names_of_a_log_stay_text(see: See) -> None:
    chrome = see("hostile_log")
    assert chrome.execute_script("return document.querySelectorAll('img, iframe, [onload]').length") == 0
    assert chrome.execute_script("return getComputedStyle(document.body).display") != "none"
    shown = chrome.execute_script("return document.body.textContent")
    assert "<script>alert(1)</script> loss" in shown
    assert "{{ 7 * 7 }}.csv" in shown


@pytest.mark.parametrize(
    ("case", "scheme", "width"),
    [
        ("typical", "light", 1280),
        ("typical", "dark", 1280),
        ("typical@ko", "light", 1280),
        ("typical@ko", "dark", 360),
        ("typical", "light", 360),
        ("minimal", "dark", 360),
        ("rejected", "dark", 1280),
        ("inconclusive", "light", 1280),
        ("hostile", "light", 1280),
        ("hostile", "dark", 360),
        ("side_by_side", "light", 1280),
        ("side_by_side", "dark", 360),
        ("healthy_log", "light", 1280),
        ("troubled_log", "light", 1280),
        ("troubled_log", "dark", 360),
        ("troubled_log@ko", "light", 360),
        ("troubled_log@ko", "dark", 1280),
        ("broken_log", "dark", 1280),
        ("broken_log", "light", 360),
        ("nan_log", "dark", 1280),
        ("hostile_log", "light", 360),
    ],
)
def test_axe_finds_nothing(see: See, case: str, scheme: str, width: int) -> None:
    chrome = see(case, scheme=scheme, width=width)
    chrome.execute_script("document.querySelectorAll('details').forEach(element => element.open = true)")
    axe = Axe(chrome)
    axe.inject()
    # The axe that the package brings knows no groups of <dt> and <dd> in a <dl>; they are valid HTML.
    violations = axe.run(options='{"rules": {"dlitem": {"enabled": false}}}')["violations"]
    assert violations == [], axe.report(violations)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("width", [320, 360, 768, 1280])
def test_the_page_never_scrolls_sideways(see: See, case: str, width: int) -> None:
    chrome = see(case, width=width)
    chrome.execute_script("document.querySelectorAll('details').forEach(element => element.open = true)")
    assert chrome.execute_script("return document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("width", [390, 1280])
def test_no_text_of_a_chart_covers_another(see: See, case: str, width: int) -> None:
    chrome = see(case, width=width)
    chrome.execute_script("document.querySelectorAll('details').forEach(element => element.open = true)")
    assert chrome.execute_script(OVERLAPS) == []


@pytest.mark.parametrize("case", ["typical", "wide"])
def test_an_ordinary_report_is_seven_screens_and_eight_sheets(see: See, case: str) -> None:
    chrome = see(case)
    assert chrome.execute_script("return document.documentElement.scrollHeight") <= 7 * 900
    sheet = chrome.execute_cdp_cmd("Page.printToPDF", {"paperWidth": 8.27, "paperHeight": 11.69})
    pages = re.findall(rb"/Type\s*/Page\b(?!s)", base64.b64decode(sheet["data"]))
    assert 1 <= len(pages) <= 8


def test_what_is_folded_of_a_wide_table_is_opened_by_a_click(see: See) -> None:
    chrome = see("wide")
    charts = chrome.find_elements("css selector", "#data .halves figure")
    assert [chart.is_displayed() for chart in charts] == [False] * 3
    for summary in chrome.find_elements("css selector", "#data > details > summary"):
        chrome.execute_script("arguments[0].click()", summary)
    assert [chart.is_displayed() for chart in charts] == [True] * 3
    columns = chrome.find_elements("css selector", "#data tbody th.name")
    shown = {cell.text for cell in columns if cell.is_displayed()}
    assert {f"sensor_{index:02d}" for index in range(52)} <= shown


def test_code_is_copied_or_selected(see: See) -> None:
    chrome = see("typical")
    block = next(item for item in chrome.find_elements("css selector", ".programs .code") if item.is_displayed())
    button = block.find_element("css selector", "button.copy")
    button.click()
    WebDriverWait(chrome, 5).until(lambda _: button.text in {"Copied", "Selected"})
    if button.text == "Selected":
        assert (
            chrome.execute_script("return getSelection().toString()").strip()
            == block.find_element("css selector", "code").get_attribute("textContent").strip()
        )


def test_a_framework_is_chosen_and_its_program_alone_is_shown(see: See) -> None:
    chrome = see("typical")
    for label in chrome.find_elements("css selector", ".choice label"):
        chrome.execute_script("arguments[0].click()", label)
        shown = [item for item in chrome.find_elements("css selector", ".programs pre") if item.is_displayed()]
        assert [item.get_attribute("aria-label") for item in shown] == [f"Program for {label.text}"]


def test_a_table_is_sorted_by_what_its_numbers_mean(see: See) -> None:
    chrome = see("typical")
    chrome.execute_script("document.querySelectorAll('details').forEach(element => element.open = true)")
    (mean,) = [
        button
        for button in chrome.find_elements("css selector", "#data button.sort")
        if button.get_attribute("textContent") == "Mean"
    ]
    column = (
        "return [...arguments[0].closest('table').tBodies[0].rows].map(r => r.cells[4].textContent)"
        ".filter(t => t).map(t => Number(t.replaceAll(',', '')))"
    )
    before = chrome.execute_script(column, mean)
    mean.click()
    assert chrome.execute_script(column, mean) == sorted(before)
    assert before != sorted(before)
    mean.click()
    assert chrome.execute_script(column, mean) == sorted(before, reverse=True)


@pytest.mark.parametrize(("width", "shown", "hidden"), [(1280, "wide", "narrow"), (360, "narrow", "wide")])
def test_each_width_has_its_drawing(see: See, width: int, shown: str, hidden: str) -> None:
    chrome = see("typical", width=width)
    look = "return [...document.querySelectorAll(arguments[0])].map(e => getComputedStyle(e).display)"
    assert set(chrome.execute_script(look, f".plot .{shown}")) == {"block"}
    assert set(chrome.execute_script(look, f".plot .{hidden}")) == {"none"}


@pytest.mark.parametrize("case", ["typical", "troubled_log"])
def test_the_letters_of_a_chart_stay_readable(see: See, case: str) -> None:
    for width in (360, 1280):
        chrome = see(case, width=width)
        heights = chrome.execute_script(
            "return [...document.querySelectorAll('svg.chart text')].filter(e => e.getClientRects().length)"
            ".map(e => Math.min(e.getBoundingClientRect().height, e.getBoundingClientRect().width))"
        )
        assert min(height for height in heights if height > 0) >= 6
        sizes = chrome.execute_script(
            "return [...document.querySelectorAll('svg.chart')].filter(e => e.getClientRects().length)"
            ".map(e => e.getBoundingClientRect().width / e.viewBox.baseVal.width)"
        )
        assert min(sizes) >= 0.9


def test_dark_is_dark_and_paper_is_light(see: See) -> None:
    ground = "return getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number)"
    ink = "return getComputedStyle(document.body).color.match(/\\d+/g).slice(0, 3).map(Number)"
    line = "return getComputedStyle(document.querySelector('.s-accent')).stroke"
    light = see("typical")
    assert min(light.execute_script(ground)) > 240
    light_line = light.execute_script(line)
    dark = see("typical", scheme="dark")
    assert max(dark.execute_script(ground)) < 40
    assert min(dark.execute_script(ink)) > 200
    assert dark.execute_script(line) != light_line
    paper = see("typical", scheme="dark", media="print")
    assert min(paper.execute_script(ground)) > 240
    assert max(paper.execute_script(ink)) < 60


@pytest.mark.parametrize("case", ["typical", "troubled_log"])
def test_it_prints_on_one_page_width(see: See, case: str) -> None:
    paper = see(case, width=680, media="print")
    assert paper.execute_script("return document.documentElement.scrollWidth") <= 680
    chrome = see(case)
    sheet = chrome.execute_cdp_cmd("Page.printToPDF", {"paperWidth": 8.27, "paperHeight": 11.69})
    assert len(sheet["data"]) > 50_000
