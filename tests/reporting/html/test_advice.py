"""The page: self-contained, escaped, well-formed, the same bytes every time."""

from __future__ import annotations

import ast
import base64
import hashlib
import re
from collections import Counter
from collections.abc import Callable
from html import unescape
from html.parser import HTMLParser
from itertools import pairwise
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import StrictUndefined

from advisor.api.advice import Advice
from advisor.api.recommendation import Recommendation
from advisor.api.verdict import Verdict
from advisor.facts import Facts
from advisor.facts.applicability import can_have
from advisor.facts.names import VerdictStatus
from advisor.reporting.formatting import plain
from advisor.reporting.html import advice as html
from advisor.reporting.html import template
from advisor.reporting.html.highlight import highlighted
from advisor.reporting.views.banner import banner_of
from advisor.reporting.views.reasons import reasons_of
from advisor.reporting.views.step_bars import step_bars
from advisor.results import Interval, Provenance, not_run, remark

PROGRAMS = {"torch": "train(model)\n", "keras": "fit(model)\n"}
VOID = {"meta", "link", "br", "hr", "img", "input"}
ELEMENTS = {
    *("html", "head", "meta", "link", "title", "style", "body", "header", "nav", "main", "section", "footer", "div"),
    *("span", "p", "a", "h1", "h2", "h3", "h4", "ul", "ol", "li", "dl", "dt", "dd", "strong", "b", "small", "bdi"),
    *("code", "pre", "figure", "figcaption", "details", "summary", "table", "thead", "tbody", "tr", "th", "td"),
    *("svg", "g", "path", "line", "circle", "rect", "text", "desc", "defs", "clippath", "script"),
    *("input", "label", "fieldset", "legend"),
}


class Reader(HTMLParser):
    """Collects elements and text, and insists that every element is closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs), (tag, attrs)
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, (tag, self.getpos())

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in {"style", "script"}:
            self.text.append(data)

    @property
    def flat(self) -> str:
        return " ".join("".join(self.text).split())


@pytest.fixture
def page(case: str, page_of: Callable[[str], str]) -> str:
    return page_of(case)


def test_only_known_elements_stand_on_the_page_and_all_are_closed(any_page: str) -> None:
    assert {tag for tag, _ in Reader(any_page).elements} <= ELEMENTS


def test_nothing_on_the_page_asks_the_network_or_runs(any_page: str) -> None:
    for tag, attributes in Reader(any_page).elements:
        assert not {"src", "srcset", "action", "background", "poster", "xlink:href", "ping"} & attributes.keys()
        assert not any(name.startswith("on") for name in attributes)
        href = attributes.get("href")
        if tag == "a":
            assert href is not None
            assert href.startswith(("#", "https://", "http://")), href
            if not href.startswith("#"):
                assert attributes["rel"] == "noopener noreferrer"
        elif href is not None:
            assert (tag, href) == ("link", "data:,")
    (policy,) = [
        a["content"] for tag, a in Reader(any_page).elements if a.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy is not None
    assert policy.startswith("default-src 'none'")
    for sheet in re.findall(r"<style>(.*?)</style>", any_page, re.DOTALL):
        assert "@import" not in sheet
        assert "url(" not in sheet
    (script,) = re.findall(r"<script>(.*?)</script>", any_page, re.DOTALL)
    allowed = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{allowed}';" in policy
    assert not re.search(r"fetch|XMLHttp|import|eval|innerHTML|https?:", script)
    assert not re.search(r"url\((?!#)", any_page)


def test_ids_are_unique_and_every_reference_has_its_target(any_page: str) -> None:
    elements = Reader(any_page).elements
    ids = Counter(a["id"] for _, a in elements if "id" in a)
    assert max(ids.values()) == 1
    for _, attributes in elements:
        for name in ("aria-labelledby", "aria-describedby"):
            assert attributes.get(name) is None or attributes[name] in ids
        href = attributes.get("href") or ""
        assert not href.startswith("#") or href[1:] in ids
    assert set(re.findall(r"url\(#([^)]+)\)", any_page)) <= set(ids)


def test_headings_go_down_one_level_at_a_time(any_page: str) -> None:
    levels = [int(tag[1]) for tag, _ in Reader(any_page).elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_no_missing_value_shows_through(page: str) -> None:
    text = Reader(page).flat
    assert not re.search(r"\b(None|nan|inf|Undefined|NaN|True|False)\b", text.split("Or without advisor")[0])
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", page)


def test_the_page_tells_the_whole_result(typical: Advice, page_of: Callable[[str], str]) -> None:
    text = Reader(page_of("typical")).flat.replace("\N{NO-BREAK SPACE}", " ")
    wanted = [
        "Train with AdamW and cosine decay after 5 % warm-up, at a peak learning rate of 3.2e-3",
        "90 % interval 1.7e-3 to 6.1e-3",
        "Adjusted, 4.4e-3 → 3.2e-3.",
        "42 % of one full training run",
        "Adam at 1e-3, constant",
        "measured in our benchmark",
        "section 2.1: the size of a step is bounded by the learning rate",
        "plan.early_stopping",
        "near_water",
        "90 % interval 16 % to 27 %",
        "training = advice.build(model",
        "torch.optim.AdamW",
        "Linear baseline",
        "our-lab",
        "2.13.0",
        *(item.rule.title for item in typical.recommendation.trace.contributions),
        *(item.rule.because for item in typical.recommendation.trace.contributions),
        *(item.text for item in typical.recommendation.trace.notes),
        *(
            item.title
            for item in typical.recommendation.trace.undecided
            if any(can_have(path, typical.facts) for path in item.missing)
        ),
        *typical.facts.data.notes,
    ]
    for part in wanted:
        assert part in text, part


def test_parts_stand_in_the_order_of_thought(page_of: Callable[[str], str]) -> None:
    sections = [a["id"] for tag, a in Reader(page_of("typical")).elements if tag == "section"]
    assert sections == ["answer", "alerts", "curve", "check", "why", "change", "use", "data", "model", "unknown"]


def test_hostile_names_are_shown_as_they_are(make: ModuleType, page_of: Callable[[str], str]) -> None:
    text = Reader(page_of("hostile")).flat
    for name in make.HOSTILE:
        assert " ".join(plain(name).split()) in text.replace("\N{NO-BREAK SPACE}", " ")


def test_the_verdict_has_a_word_and_a_sign(advice: Advice, page: str) -> None:
    badges = [a for tag, a in Reader(page).elements if tag == "span" and "badge" in (a.get("class") or "").split()]
    assert badges[0]["class"] == f"badge {advice.verdict.status}"
    title = {"not_run": "Not checked"}.get(advice.verdict.status, advice.verdict.status.capitalize())
    assert title in Reader(page).flat


def test_the_same_advice_gives_the_same_bytes_also_after_its_json(typical: Advice) -> None:
    first = html.render(typical, PROGRAMS)
    assert html.render(typical, PROGRAMS) == first
    assert html.render(Advice.from_json(typical.to_json()), PROGRAMS) == first
    assert html.render_notebook(typical) == html.render_notebook(typical)


def test_the_page_is_written_as_utf8(make: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("report") / "report.html"
    assert path.write_bytes(b"") == 0
    text = make.minimal().to_html(path)
    assert path.read_text(encoding="utf-8") == text


def test_undefined_names_in_a_template_are_errors() -> None:
    environment = template.environment()
    assert environment.undefined is StrictUndefined
    assert environment.autoescape is True


def test_a_notebook_shows_a_fragment_with_ids_of_its_own(typical: Advice, make: ModuleType) -> None:
    fragment, other = html.render_notebook(typical), html.render_notebook(make.minimal())
    assert typical._repr_html_() == html.render_notebook(typical)
    ids = [{a["id"] for _, a in Reader(text).elements if "id" in a} for text in (fragment, other)]
    assert not ids[0] & ids[1]
    assert "<html" not in fragment
    assert "3.2" in fragment
    for sheet in re.findall(r"<style>(.*?)</style>", fragment, re.DOTALL):
        rules = re.sub(r"/\*.*?\*/|@media[^{]*\{|@container[^{]*\{", "", sheet, flags=re.DOTALL)
        assert all(part.strip().startswith(".advisor") for part in re.findall(r"([^{}]+)\{", rules))


@settings(max_examples=25, deadline=None)
@given(st.text(min_size=1), st.text(min_size=1))
def test_any_text_comes_back_from_the_page_as_it_went_in(reason: str, source: str) -> None:
    interval = Interval(lower=1e-4, upper=1e-2)
    advice = Advice(
        facts=Facts(),
        recommendation=Recommendation(learning_rate=1e-3, interval=interval, optimizer="adam", schedule="constant"),
        verdict=Verdict.of(not_run(1e-3, interval, remark("recorded", text=reason))),
        provenance=Provenance(advisor="0.1.0", ruleset="0.1.0", source=source),
    )
    page = html.render(advice, PROGRAMS)
    text = Reader(page).flat
    for given_text in (reason, source):
        assert " ".join(plain(given_text).replace("\N{NO-BREAK SPACE}", " ").split()) in text


@pytest.mark.parametrize("code", ["x = 1  # <b>", "s = '<script>'\nreturn 3.2e-3\n", "not python at all (", "", "'''"])
def test_highlighted_code_is_the_code(code: str) -> None:
    marked = str(highlighted(code))
    shown = Reader(f"<pre>{marked}</pre>")
    assert "".join(shown.text) == code
    assert {tag for tag, _ in shown.elements} <= {"pre", "span"}


@pytest.mark.parametrize(
    ("status", "title"),
    [
        ("not_run", "Nothing was trained"),
        ("no_better_than_constant", "No training beat a constant prediction"),
        ("worse_than_linear", "A linear model does better"),
        ("rejected", "Training with the rules' answer failed"),
    ],
)
def test_what_is_not_to_be_trusted_is_said_over_the_answer(typical: Advice, status: VerdictStatus, title: str) -> None:
    verdict = typical.verdict.model_copy(update={"status": status})
    text = Reader(html.render(typical.model_copy(update={"verdict": verdict}), PROGRAMS)).flat
    assert text.index(title) < text.index("Train with")


@pytest.mark.parametrize(
    ("held_out", "title"),
    [(1.02, "A constant prediction does better"), (0.58, "A linear model may do better"), (0.2, "")],
)
def test_losses_are_not_hidden_behind_a_friendly_verdict(typical: Advice, held_out: float, title: str) -> None:
    verdict = typical.verdict.model_copy(update={"held_out_loss": held_out, "constant_loss": 0.9})
    found = banner_of(typical.model_copy(update={"verdict": verdict}))
    assert (found.title if found is not None else "") == title


def test_an_answer_that_the_trials_bear_out_has_no_banner(typical: Advice) -> None:
    assert banner_of(typical) is None


def test_a_rate_outside_what_was_tried_is_said_to_be_an_extrapolation(typical: Advice) -> None:
    rec = typical.recommendation.replaced(learning_rate=7.0)
    banner = banner_of(typical.model_copy(update={"recommendation": rec}))
    assert banner is not None
    assert banner.title == "The advised rate was not tried"
    assert "7 lies outside" in banner.text
    before = remark("shorter_trials_first", rates=4, lowest=1e-3, highest=9.0)
    verdict = typical.verdict.model_copy(update={"notes": (*typical.verdict.notes, before)})
    assert banner_of(typical.model_copy(update={"recommendation": rec, "verdict": verdict})) is None


def test_every_step_has_its_bar_on_one_line(typical: Advice) -> None:
    steps = reasons_of(typical.recommendation, typical.verdict).steps
    bars = step_bars(steps, typical.recommendation.learning_rate, typical.recommendation.interval)
    assert len(bars.steps) == len(steps)
    assert bars.steps[0].width == 0.0
    for bar in (*bars.steps, bars.interval):
        assert 0.0 <= bar.left <= bar.left + bar.width <= 100.0
    for step, bar in zip(steps, bars.steps, strict=True):
        assert (bar.width > 0.0) == (step.before is not None and step.before != step.after)
    assert bars.interval.left < bars.advised < bars.interval.left + bars.interval.width


def test_code_on_the_page_is_python_line_by_line(typical: Advice) -> None:
    blocks = re.findall(r"<pre[^>]*><code>(.*?)</code></pre>", html.render(typical, PROGRAMS), re.DOTALL)
    code = [unescape(re.sub(r"<[^>]+>", "", block)) for block in blocks]
    assert code == [html.USAGE, *PROGRAMS.values()]
    for text in code:
        ast.parse(text)
