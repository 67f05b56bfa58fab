from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from advisor.knowledge.yaml_reader import MAX_BYTES, MAX_DEPTH, Document, parse_yaml, read_yaml


def parse(text: str) -> Document:
    return parse_yaml(text, Document("x.yaml"))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 1e-3),
        ("1E3", 1e3),
        ("-.5", -0.5),
        ("+2", 2),
        ("1.", 1.0),
        ("0o7", "0o7"),
        ("1_000", "1_000"),
        ("12:30", "12:30"),
        ("0.1.0", "0.1.0"),
        (".inf", ".inf"),
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("off", "off"),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ('"1e-3"', "1e-3"),
        ("'true'", "true"),
        ("2026-11-23", "2026-11-23"),
        ("<<", "<<"),
    ],
)
def test_scalars_follow_yaml_1_2_core(text: str, value: object) -> None:
    found = parse(f"a: {text}\n").value["a"]
    assert found == value
    assert type(found) is type(value)


def test_plain_pyyaml_reads_some_of_these_differently() -> None:
    assert yaml.safe_load("1e-3") == "1e-3"
    assert yaml.safe_load("no") is False


def test_every_value_knows_its_line() -> None:
    document = parse("a: 1\nb:\n  - x\n  - y: 2\n    z: [3,\n      4]\n")
    assert document.line(("a",)) == 1
    assert document.line(("b",)) == 2
    assert document.line(("b", 0)) == 3
    assert document.line(("b", 1, "y")) == 4
    assert document.line(("b", 1, "z", 1)) == 6
    assert document.line(("b", 1, "nowhere", "at all")) == 4


@pytest.mark.parametrize(
    ("text", "line", "code", "words"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "E105", "'a' stands twice"),
        ("a: {b: 1, b: 2}\n", 1, "E105", "'b' stands twice"),
        ("a: &x 1\nb: *x\n", 1, "E103", "anchor &x"),
        ("a: 1\nb: *x\n", 2, "E103", "alias *x"),
        ("a: !!python/object/apply:os.system [ls]\n", 1, "E103", "tag"),
        ("a: !x 1\n", 1, "E103", "tag"),
        ("a: ! 1\n", 1, "E103", "tag"),
        ("a: 1\n---\nb: 2\n", 2, "E102", "more than one document"),
        ("? [a, b]\n: 1\n", 1, "E102", "key"),
        ("a: [1, 2\n", 2, "E102", "not YAML"),
        ("a: '\n", 2, "E102", "not YAML"),
        ("\ta: 1\n", 1, "E102", "not YAML"),
        ("a: \x07\n", 1, "E102", "not YAML"),
    ],
)
def test_what_rules_do_not_allow_is_refused_with_its_line(text: str, line: int, code: str, words: str) -> None:
    (problem,) = parse(text).problems
    assert (problem.line, problem.code) == (line, code)
    assert words in problem.message


def test_an_empty_file_is_empty() -> None:
    assert parse("").value is None
    assert parse("# nothing\n").problems == []


BOMBS = {
    "aliases": "a: &a [x, x]\n"
    + "".join(f"{chr(98 + i)}: &{chr(98 + i)} [*{chr(97 + i)}, *{chr(97 + i)}]\n" for i in range(20)),
    "deep flow": "a: " + "[" * 400_000,
    "deep block": "\n".join(" " * i + "- a:" for i in range(1000)),
    "deep tagged": "a: " + "! [" * 1000,
    "many values": "a: [" + "1," * 400_000 + "1]",
    "long scalar": "a: " + "9" * 900_000,
    "many keys": "".join(f"k{i}: 1\n" for i in range(50_000)),
}


@pytest.mark.timeout(10)
@pytest.mark.parametrize("name", BOMBS)
def test_bombs_end_soon(name: str, tmp_path: Path) -> None:
    path = tmp_path / "bomb.yaml"
    path.write_text(BOMBS[name], encoding="utf-8")
    document = read_yaml(path)
    document.line(("a", 0, 0))
    assert document.problems or name == "long scalar"


@pytest.mark.timeout(10)
def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.yaml"
    with path.open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    (problem,) = read_yaml(path).problems
    assert problem.code == "E101"
    assert f"{MAX_BYTES // 1000} kB" in problem.message


def test_the_depth_limit_is_far_beyond_rules() -> None:
    fine = "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1)
    assert not parse(f"a: {fine}").problems
    assert parse(f"a: {'[' * MAX_DEPTH}{']' * MAX_DEPTH}").problems


def test_files_that_are_not_text_are_named(tmp_path: Path) -> None:
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"a: \xff\xfe\x00")
    assert "not UTF-8" in read_yaml(binary).problems[0].message
    assert "cannot be read" in read_yaml(tmp_path / "absent.yaml").problems[0].message
    assert "cannot be read" in read_yaml(tmp_path).problems[0].message


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(min_size=1, max_size=5), plain, max_size=4))
def test_json_reads_as_itself(tree: dict[str, object]) -> None:
    text = json.dumps(tree, ensure_ascii=True)
    # JSON escapes are YAML's, surrogates aside; those YAML refuses.
    document = parse(text)
    if not any(problem.code == "E102" for problem in document.problems):
        assert document.value == tree
    else:
        assert "\\ud" in text.lower()
