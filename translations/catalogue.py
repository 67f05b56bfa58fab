"""Bring the catalogues up to date with the messages of the code, and compile them: ``make translations``.

Messages come from four places: calls of ``_``, ``fill`` and ``phrase`` in code and templates, names and descriptions
that stand in registries, what errors and notes on data say, and the texts of rules. All of the first two have to be
translated, and of the third what commands, profiling and diagnosis say. Of its rest, and of the rules, texts that a
catalogue translates already stay in it; ``--rules ID …`` adds those of other rules.

Errors and notes are finished sentences in English. Their messages have numbered gaps where the code writes values, and
``advisor.language.translated`` tells a finished sentence by its message.
"""

from __future__ import annotations

import argparse
import ast
import io
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import get_args, get_type_hints

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from advisor import errors
from advisor.catalogue.schedules import SCHEDULE_INFO
from advisor.facts import ColumnFacts
from advisor.facts.registry import registry
from advisor.knowledge import load_rules
from advisor.knowledge.effects import Advise, Warn
from advisor.knowledge.rule import Rule
from advisor.language import DOMAIN, LANGUAGES
from advisor.results import Diagnosis

ROOT = Path(__file__).resolve().parents[1]
KEYWORDS = {"_": None, "fill": None, "phrase": None}
SPOKEN = ("advisor/cli/", "advisor/profiling/", "advisor/diagnosis/")
"""Rooms whose errors stand in every catalogue, and of profiling also the notes."""
SHOWN_NAMES = ("data.task", "model.family", "model.normalization", "model.activation")
"""Facts whose values stand on the page as words; everywhere else a value is what ``--set`` takes."""


def messages() -> dict[str, tuple[str, ...]]:
    """Return every message that has to be translated, with where it stands."""
    found: dict[str, list[str]] = {}
    for message, place in _of_code():
        found.setdefault(message, []).append(place)
    for file, _, message, _, _ in extract_from_dir(ROOT / "reports", [("**.j2", "jinja2")], keywords=KEYWORDS):
        found.setdefault(message, []).append(f"reports/{file}")
    for message, place in _of_registries():
        found.setdefault(message, []).append(place)
    for sentence in sentences():
        if sentence.is_spoken:
            found.setdefault(sentence.message, []).append(sentence.place)
    return {message: tuple(dict.fromkeys(places)) for message, places in sorted(found.items())}


def _of_code() -> Iterator[tuple[str, str]]:
    """Yield what calls of the keywords hold, also of those inside the arguments of another."""
    for file in sorted((ROOT / "advisor").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Name(id=name), args=[ast.Constant(value=str(message)), *_]) if name in KEYWORDS:
                    if message:
                        yield message, file.relative_to(ROOT).as_posix()


@dataclass(frozen=True)
class Sentence:
    """A text of the code with numbered gaps; every catalogue holds those that are spoken."""

    message: str
    place: str
    is_spoken: bool


def sentences() -> Iterator[Sentence]:
    """Yield every text in the code that could be an error or a note."""
    for file in sorted((ROOT / "advisor").rglob("*.py")):
        place = file.relative_to(ROOT).as_posix()
        tree = ast.parse(file.read_text(encoding="utf-8"))
        raised = {id(said) for node in ast.walk(tree) if isinstance(node, ast.Raise) for said in _said_by(node.exc)}
        inner = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
        inner |= {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings
        for node in ast.walk(tree):
            message = _numbered(node) if id(node) not in inner else ""
            if len(re.findall("[A-Za-z]{2,}", message)) < 2:
                continue
            is_note = place.startswith("advisor/profiling/") and message[:1].isupper() | (message[:1] in "{ ")
            is_note = is_note and message.endswith(".") and "\n" not in message
            yield Sentence(message, place, place.startswith(SPOKEN) and (id(node) in raised or is_note))


def _said_by(error: ast.expr | None) -> list[ast.expr]:
    """Return what an error of ours says."""
    match error:
        case ast.Call(func=ast.Name(id=name), args=[said, *_]) if hasattr(errors, name):
            return [said]
    return []


def _numbered(node: ast.AST) -> str:
    """Return a text of the code with its gaps numbered; empty for anything else."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            gaps = itertools.count()
            return "".join(
                part.value.replace("{", "{{").replace("}", "}}")
                if isinstance(part, ast.Constant) and isinstance(part.value, str)
                else f"{{{next(gaps)}}}"
                for part in parts
            )
    return ""


def _of_registries() -> Iterator[tuple[str, str]]:
    for info in SCHEDULE_INFO.values():
        yield info.title, "advisor/catalogue/schedules.py"
    for fact in registry().values():
        yield fact.description, f"fact {fact.path}"
        if fact.unit:
            yield fact.unit, "unit of a fact"
    for path in SHOWN_NAMES:
        yield from ((name.replace("_", " "), f"value of {path}") for name in registry()[path].choices)
    hints = get_type_hints(ColumnFacts)
    for field in ("kind", "role"):
        yield from ((name, f"{field} of a column") for name in get_args(hints[field]))
    yield from ((name, "unit of a log") for name in get_args(Diagnosis.model_fields["unit"].annotation))


def rule_messages(rule: Rule) -> tuple[str, ...]:
    """Return the texts of a rule that a report shows."""
    notes = [effect.advise for effect in rule.document.then if isinstance(effect, Advise)]
    warnings = [effect.warn for effect in rule.document.then if isinstance(effect, Warn)]
    return tuple(text for text in (rule.document.title, rule.document.because, *notes, *warnings) if text)


def path_of(language: str) -> Path:
    """Return where the catalogue of a language lies."""
    return ROOT / "translations" / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def read(language: str) -> Catalog:
    """Read the catalogue of a language."""
    with path_of(language).open("rb") as file:
        return read_po(file, locale=language, domain=DOMAIN)


def compiled(catalogue: Catalog) -> bytes:
    """Return a catalogue as the program reads it."""
    stream = io.BytesIO()
    write_mo(stream, catalogue)
    return stream.getvalue()


def updated(catalogue: Catalog, more_rules: list[str]) -> Catalog:
    """Return a catalogue with the messages of now: translations are kept, messages that are gone are dropped."""
    made = Catalog(
        *(catalogue.locale, DOMAIN, "#", "lr-advisor", ""),
        creation_date=catalogue.creation_date,  # no clock: the same messages give the same file
        revision_date=catalogue.creation_date,
        msgid_bugs_address="",
        last_translator="",
        language_team="",
        fuzzy=False,
    )
    for message, places in messages().items():
        made.add(message, _translation(catalogue, message), auto_comments=places[:3])
    for sentence in sentences():
        translation = _translation(catalogue, sentence.message)
        if translation and sentence.message not in made:
            made.add(sentence.message, translation, auto_comments=[sentence.place])
    for rule in load_rules([]).rules:
        for text in rule_messages(rule):
            translation = _translation(catalogue, text)
            if text not in made and (translation or rule.document.id in more_rules):
                made.add(text, translation, auto_comments=[f"rule {rule.document.id}"])
    return made


def _translation(catalogue: Catalog, message: str) -> str:
    entry = catalogue.get(message)
    return str(entry.string) if entry is not None else ""


def main() -> None:
    """Update and compile every catalogue, and say what is left to translate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rules", nargs="*", default=[], metavar="ID", help="rules whose texts are to be added")
    more_rules = parser.parse_args().rules
    for language in LANGUAGES:
        if language == "en":
            continue
        path = path_of(language)
        made = updated(read(language), more_rules)
        with path.open("wb") as file:
            write_po(file, made, width=120, no_location=True, omit_header=False)
        path.with_suffix(".mo").write_bytes(compiled(made))
        left = [str(entry.id) for entry in made if entry.id and not entry.string]
        print(f"{path.relative_to(ROOT)}: {len(made)} messages, {len(left)} not translated")
        print("".join(f"  {text}\n" for text in left), end="")


if __name__ == "__main__":
    main()
