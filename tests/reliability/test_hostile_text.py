"""Hostile text in every field of every document stays text: in pages, charts, terminals, plain text and Markdown."""

from __future__ import annotations

import importlib.util
import io
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pydantic import ValidationError
from rich.console import Console

import advisor
from advisor.api.advice import Advice
from advisor.api.diagnosis import Diagnosis
from advisor.api.tuning import TuningPlan
from advisor.cleaning import json_text, plain, plain_lines
from advisor.cli.console import say, show
from advisor.errors import InputError
from advisor.knowledge import load_rules
from advisor.knowledge.authoring import pages_of
from advisor.reporting.terminal import advice as terminal
from advisor.reporting.terminal.diagnosis import render_diagnosis
from advisor.reporting.text.tuning import tuning_in_words

HOSTILE = {
    "control": "a\x00b\x07\x1b[31mred\x1b]8;;http://x\x07link\x9bm\x7f",
    "direction": "\u202eevil\u2066\u200f\u061c",
    "page": "<script>alert(1)</script><img src=x onerror=alert(2)>\"'></svg></style>{{7*7}}",
    "markup": "[bold red]x[/] [/nothing] [link=http://x]y[/link] \\[",
    "markdown": "**x** [y](javascript:z) `code` | <b> \n# heading\n",
    "surrogate": "\ud800 and \udfff",
    "blank": " \t\r\n\u2028",
    "long": "name" * 500,
}
FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
DOCUMENTS = ("advice", "diagnosis", "plan")


@cache
def made_by_hand(file: str) -> ModuleType:
    path = Path(__file__).parents[1] / "reporting" / f"{file}.py"
    spec = importlib.util.spec_from_file_location(f"reliability_{file}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@cache
def document(kind: str) -> Any:
    if kind == "advice":
        return made_by_hand("advices").typical()
    if kind == "diagnosis":
        return made_by_hand("diagnoses").troubled_log()
    return advisor.tune_plan(plan=advisor.Plan(epochs=10, batch_size=32), data=advisor.DataFacts(rows=5000))


def places(tree: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield where a text stands, or could: every string of a tree."""
    if isinstance(tree, str):
        yield at
    elif isinstance(tree, dict):
        for key, value in tree.items():
            yield from places(value, (*at, key))
    elif isinstance(tree, list | tuple):
        for number, value in enumerate(tree):
            yield from places(value, (*at, number))


def put(tree: Any, at: tuple[Any, ...], text: str) -> str:
    """Put a text somewhere, and return what stood there."""
    for step in at[:-1]:
        tree = tree[step]
    before, tree[at[-1]] = tree[at[-1]], text
    return str(before)


def filled(kind: str, text: str) -> tuple[Any, int]:
    """Return a document with a text in every field that takes it, and how many do; others keep what they hold."""
    cls: Any = {"advice": Advice, "diagnosis": Diagnosis, "plan": TuningPlan}[kind]
    tree = document(kind).model_dump(mode="json")
    count = 0
    for at in list(places(tree)):
        before = put(tree, at, text)
        try:
            cls.model_validate(tree)
            count += 1
        except (ValidationError, InputError):
            put(tree, at, before)
    return cls.model_validate(tree), count


def on_terminal(renderable: Any) -> str:
    out = io.StringIO()
    Console(file=out, width=100, markup=False, emoji=False, highlight=False).print(renderable)
    return out.getvalue()


RENDERED: dict[str, tuple[Callable[[Any], str], ...]] = {
    "advice": (
        lambda found: found.to_html(),
        lambda found: found._repr_html_(),
        lambda found: found.explain(),
        lambda found: on_terminal(terminal.render(found)),
    ),
    "diagnosis": (
        lambda found: found.to_html(),
        lambda found: found._repr_html_(),
        lambda found: found.explain(),
        lambda found: on_terminal(render_diagnosis(found)),
    ),
    "plan": (tuning_in_words,),
}


class Elements(HTMLParser):
    """The elements and attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found |= {tag, *(f"@{name}" for name, _ in attrs if name.startswith("on"))}


def elements_of(page: str) -> set[str]:
    parser = Elements()
    parser.feed(page)
    return parser.found


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("kind", DOCUMENTS)
def test_hostile_text_in_every_field_stays_text(kind: str, name: str) -> None:
    found, count = filled(kind, HOSTILE[name])
    assert count > (3 if kind == "plan" else 20)
    for number, render in enumerate(RENDERED[kind]):
        text = render(found)
        assert not FORBIDDEN.search(text), (number, FORBIDDEN.search(text))
        if number < 2 and kind != "plan":  # the pages
            assert not elements_of(text) & {"img", "iframe", "@onerror", "@onload"}
            assert text.count("<script") == text.count("<html")  # the page's own, none in a notebook


def test_rules_with_hostile_texts_make_harmless_pages() -> None:
    base = load_rules()
    rule = base.rules[0]
    text = HOSTILE["control"] + HOSTILE["direction"] + HOSTILE["page"]
    document = rule.document.model_copy(update={"title": text, "because": text})
    changed = type(base)(
        rules=(replace(rule, document=document),),
        version=base.version,
        sources=base.sources,
    )
    for page in pages_of(changed, Path()).values():
        assert not FORBIDDEN.search(page)
        assert not elements_of(re.sub(r"`[^`]*`|\\[<>]", "", page)) & {"script", "img"}


@pytest.mark.parametrize("name", HOSTILE)
def test_the_command_line_prints_nothing_that_a_terminal_obeys(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = HOSTILE[name]
    say(text)
    show(text)
    shown = capsys.readouterr().out
    assert not FORBIDDEN.search(shown)
    assert "[bold red]x[/]" in shown or name != "markup"


@pytest.mark.parametrize("name", HOSTILE)
def test_cleaning_is_done_once_and_loses_no_ordinary_text(name: str) -> None:
    for clean in (plain, plain_lines):
        once = clean(HOSTILE[name])
        assert clean(once) == once
        assert not FORBIDDEN.search(once)
    assert not FORBIDDEN.search(json_text(HOSTILE[name]))
    assert plain("Größe, 価格, 👩‍👩‍👧‍👦, שלום") == "Größe, 価格, 👩‍👩‍👧‍👦, שלום"
