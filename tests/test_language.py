"""Reports in another language: complete catalogues, whole pages, chosen by option, environment or argument."""

from __future__ import annotations

import doctest
import importlib.util
import os
import re
import string
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType

import pytest

import advisor
from advisor import language
from advisor.api.advice import Advice
from advisor.api.diagnosis import Diagnosis, diagnose
from advisor.errors import PlanError
from advisor.facts import Facts, with_facts
from advisor.inference import ablate, ask, what_if, why_not
from advisor.knowledge import load_rules
from advisor.language import LANGUAGES, current, gettext, has_stayed_english, speaking
from advisor.reporting import formatting
from advisor.reporting.sentences import diagnosis, headings, tuning, verdicts
from advisor.reporting.text.questions import (
    left_out_in_words,
    questions_in_words,
    what_if_in_words,
    why_not_in_words,
)
from advisor.results.trace import RuleUse

ROOT = Path(__file__).resolve().parents[1]
OTHERS = [name for name in LANGUAGES if name != "en"]
PARTICLE = re.compile(r"\}(?:은|는|이|가|을|를|와|과|으로|로)(?![가-힣])")
"""A particle whose form depends on the last sound of what stands before it, right after a gap."""
ENGLISH = re.compile(r"[A-Za-z]{2,},? [a-z]{2,}[,:]? [a-z]{2,}")


def loaded(file: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


catalogue = loaded(ROOT / "translations/catalogue.py", "translations_catalogue")


@cache
def entries(name: str) -> dict[str, str]:
    return {str(entry.id): str(entry.string) for entry in catalogue.read(name) if entry.id}


@cache
def wanted() -> frozenset[str]:
    return frozenset(catalogue.messages())


def gaps(text: str) -> set[tuple[str, str]]:
    return {(name, style or "") for _, name, style, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("name", OTHERS)
def test_every_message_has_a_translation(name: str) -> None:
    assert sorted(message for message in wanted() if not entries(name).get(message)) == [], "run: make translations"


def test_every_sentence_in_a_table_is_marked() -> None:
    tables = [
        value
        for module in (diagnosis, headings, verdicts, tuning)
        for name, value in vars(module).items()
        if name[:2] != "__"
    ]
    sentences = {text for table in tables if isinstance(table, dict) for text in texts_in(tuple(table.values()))}
    assert len(sentences) > 100
    assert sorted(sentences - wanted()) == [], "mark them with phrase"


def texts_in(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case tuple():
            for item in value:
                yield from texts_in(item)
        case tuning.StepSentences():
            yield from texts_in((value.title, value.run, value.look, value.stop, value.then))


@pytest.mark.parametrize("name", OTHERS)
def test_no_translation_is_of_a_message_that_is_gone(name: str) -> None:
    of_rules = {text for rule in load_rules([]).rules for text in catalogue.rule_messages(rule)}
    said = {sentence.message for sentence in catalogue.sentences()}
    assert sorted(set(entries(name)) - wanted() - of_rules - said) == [], "run: make translations"


@pytest.mark.parametrize("name", OTHERS)
def test_translations_keep_gaps_and_tags(name: str) -> None:
    for message, text in entries(name).items():
        if message in wanted():
            whole = gaps(text) == gaps(message)  # numbered gaps also hold what has no counterpart, such as was or were
            assert whole or ("{0}" in message and gaps(text) < gaps(message)), message
            assert sorted(re.findall(r"</?\w+>", text)) == sorted(re.findall(r"</?\w+>", message)), message


def test_no_korean_particle_depends_on_the_value_before_it() -> None:
    assert [text for text in entries("ko").values() if PARTICLE.search(text)] == []


@pytest.mark.parametrize("name", OTHERS)
def test_the_compiled_catalogue_is_that_of_the_source(name: str) -> None:
    compiled = catalogue.path_of(name).with_suffix(".mo").read_bytes()
    assert compiled == catalogue.compiled(catalogue.read(name)), "run: make translations"


class Texts(HTMLParser):
    """The running text of a page: no code, no names, nothing that says it is in another language."""

    VOID = frozenset({"meta", "link", "br", "input", "path", "circle", "line", "rect", "use"})

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.languages: list[str | None] = []
        self._open: list[bool] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "html":
            self.languages.append(given.get("lang"))
        if tag not in self.VOID:
            self._open.append(tag in {"code", "pre", "script", "style", "bdi"} or (tag != "html" and "lang" in given))
        self.texts += [given[name] or "" for name in ("aria-label", "placeholder") if name in given]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if not any(self._open) and data.strip():
            self.texts.append(data.strip())


def read(page: str) -> Texts:
    found = Texts()
    found.feed(page)
    return found


@cache
def shipped_log() -> Diagnosis:
    return diagnose(ROOT / "examples/fuel_economy_run.csv")


@cache
def shipped_table() -> Advice:
    return advisor.advise("auto", ROOT / "examples/penguins.csv", target="species", budget="none")


def test_a_korean_page_is_korean() -> None:
    for page in (shipped_log().to_html(lang="ko"), shipped_table().to_html(lang="ko")):
        found = read(page)
        assert found.languages == ["ko"]
        assert [text for text in found.texts if ENGLISH.search(text) and not re.search("[가-힣]", text)] == []


def test_an_english_page_is_english() -> None:
    found = read(shipped_log().to_html())
    assert found.languages == ["en"]
    assert not re.search("[가-힣]", "".join(found.texts))


def rules_of(value: object) -> Iterator[RuleUse]:
    """Yield the rules named anywhere in a result."""
    match value:
        case RuleUse():
            yield value
        case tuple() | list():
            for item in value:
                yield from rules_of(item)
        case _ if hasattr(type(value), "model_fields"):
            for name in type(value).model_fields:  # type: ignore[attr-defined]
                yield from rules_of(getattr(value, name))


def texts_of(found: Advice | Diagnosis) -> Iterator[str]:
    """Yield what rules say in a result: titles, reasons and notes."""
    for rule in rules_of(found):
        yield from (rule.title, rule.because)
    notes = found.recommendation.trace.notes if isinstance(found, Advice) else found.notes
    yield from (note.text for note in notes)


@pytest.mark.parametrize(
    ("table", "target"), [("texas_housing.csv", "median"), ("penguins.csv", "species"), ("fuel_economy.csv", "hwy")]
)
def test_every_rule_that_fires_on_a_shipped_table_is_translated(table: str, target: str) -> None:
    found = advisor.advise("auto", ROOT / "examples" / table, target=target, budget="none")
    assert len(set(texts_of(found))) > 10
    assert sorted(set(texts_of(found)) - set(entries("ko"))) == [], "see CONTRIBUTING.md: Translate a report"


@pytest.mark.slow
def test_every_rule_that_fires_after_a_probe_and_trials_is_translated() -> None:
    found = advisor.advise("auto", ROOT / "examples/penguins.csv", target="species", budget="quick")
    assert sorted(set(texts_of(found)) - set(entries("ko"))) == [], "see CONTRIBUTING.md: Translate a report"


def test_every_rule_that_fires_on_the_shipped_log_is_translated() -> None:
    assert set(texts_of(shipped_log()))
    assert sorted(set(texts_of(shipped_log())) - set(entries("ko"))) == [], "see CONTRIBUTING.md: Translate a report"


def test_numbers_are_written_the_same_way_in_every_language() -> None:
    with speaking("ko"):
        assert formatting.rate(0.0032) == "3.2e-3"
        assert formatting.share(0.94) == "94 %"
        assert formatting.amount(1100, "steps") == "1,100스텝"
        assert formatting.count(1.3e9) == "13억"
    assert formatting.amount(1, "steps") == "1 step"
    assert formatting.count(1.3e9) == "1.3 billion"


def test_a_language_holds_inside_its_block_and_thread() -> None:
    seen: list[str] = []
    with speaking("ko"):
        thread = threading.Thread(target=lambda: seen.append(current()))
        thread.start()
        thread.join()
        assert current() == "ko"
        assert gettext("plateau") == "정체"
    assert seen == ["en"]
    assert current() == "en"
    assert gettext("plateau") == "plateau"


def test_what_has_no_translation_stays_english_and_says_so() -> None:
    with speaking("ko"):
        assert gettext("A rule of the house that nobody translated") == "A rule of the house that nobody translated"
        assert has_stayed_english("A rule of the house")
    assert not has_stayed_english("A rule of the house")


def test_an_unknown_language_is_an_error_that_names_the_known_ones() -> None:
    with pytest.raises(PlanError, match="language xx: must be one of en, ko"), speaking("xx"):
        pass


def test_the_examples_in_the_docstrings_hold() -> None:
    assert doctest.testmod(language).failed == 0


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "advisor", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env={**os.environ, **environment})


def test_answers_to_questions_are_korean() -> None:
    rules = load_rules()
    facts = with_facts(Facts(), {"model.family": "mlp", "data.rows": 500, "plan.optimizer": "adamw"})
    with speaking("ko"):
        texts = (
            questions_in_words(ask(facts, rules), 5),
            what_if_in_words(what_if(facts, rules, {"plan.batch_size": 512})),
            why_not_in_words(why_not("lora-size", facts, rules)),
            *map(left_out_in_words, ablate(facts, rules)),
        )
        titles = {rule.title for rule in rules.rules}
        for line in "\n".join(texts).splitlines():
            own = line.partition("--set ")[0]
            for title in titles:
                own = own.replace(title, "")  # shown in English where nobody has translated it
            assert not has_stayed_english(own), line


def test_option_and_environment_choose_the_language() -> None:
    facts = ["recommend", "--set", "model.family=linear", "--set", "plan.batch_size=32"]
    by_option = run(*facts, "--lang", "ko")
    by_environment = run(*facts, ADVISOR_LANG="ko_KR.UTF-8")
    assert by_option.returncode == 0, by_option.stderr
    assert "최대 학습률" in by_option.stdout
    assert by_environment.stdout == by_option.stdout
    assert "학습률" in run("ask", "--set", "model.family=mlp", "--lang", "ko").stdout
    assert "peak learning rate" in run(*facts, "--lang", "en", ADVISOR_LANG="ko").stdout


def test_a_wrong_language_ends_with_a_message(tmp_path: Path) -> None:
    found = run("recommend", "--set", "model.family=mlp", "--lang", "kr")
    assert found.returncode == 2
    assert "language kr: must be one of en, ko" in found.stderr


SAID = (
    "t.csv: no column is called 'wrk'; did you mean 'work'? (columns: work, none)",
    "t.csv: no column is called 'wrk' (columns: work, none)",
    "Read as UTF-8 text: fields separated by commas; names in line 1.",
    "'x' — Left out: it has a single value.",
    "Target guessed: 'price', the last usable column. Name another with target (--target).",
    "'x' — Numbers with leading zeros are codes; they were read as words. Left out: every value is missing.",
)


@pytest.mark.parametrize("text", SAID)
def test_finished_sentences_are_told_by_what_they_were_written_from(text: str) -> None:
    assert language.translated(text) == text
    with speaking("ko"):
        said = language.translated(text)
    assert re.search("[가-힣]", said)
    assert ENGLISH.search(said) is None
    for value in re.findall(r"'\w+'|--\w+|none", text):
        assert value in said


def test_every_sentence_with_values_fits_itself_and_keeps_them() -> None:
    for name in OTHERS:
        for message, translation in entries(name).items():
            if re.search(r"\{\d\}", message) is None:
                continue
            hints = re.findall(r"(?<=\})\{(\d)\}", message)  # a gap right behind another: a hint, or nothing
            values = ["" if str(place) in hints else f"<{place}>" for place in range(9)]
            with speaking(name):
                assert language.translated(message.format(*values)) == translation.format(*values), message


def test_a_gap_does_not_swallow_the_phrase_behind_it() -> None:
    phrases = ("fields separated by ';'", "names in line 3", "2 lines above it left out")
    with speaking("ko"):
        said = language.translated("; ".join(phrases))
        assert said == "; ".join(map(language.translated, phrases))
        assert language.translated("a; b.csv: no such file; check the path").startswith("a; b.csv: ")


def test_what_fits_no_sentence_stays_as_it_is() -> None:
    with speaking("ko"):
        for text in ("", "none", "a word of mine, and another; and more. And so on"):
            assert language.translated(text) == text


def test_an_error_of_a_command_is_said_in_its_language() -> None:
    for variables, said in (({}, "no such file"), ({"ADVISOR_LANG": "ko"}, "그런 파일이 없습니다")):
        done = subprocess.run(
            [sys.executable, "-m", "advisor", "profile", "nowhere.csv"],
            capture_output=True,
            text=True,
            cwd=ROOT,
            env={**os.environ, **variables},
        )
        assert (done.returncode, said in done.stderr) == (2, True), done.stderr
