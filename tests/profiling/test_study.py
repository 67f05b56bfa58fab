"""A table is read the same from every format, described as numpy would, and never silently misread."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from advisor.errors import DataError
from advisor.facts import ColumnFacts, DataFacts
from advisor.profiling import encode, profile
from advisor.profiling.accumulators.distinct import SmallestHashes
from advisor.profiling.accumulators.moments import Moments
from advisor.profiling.accumulators.scan import Scan
from advisor.profiling.reading.duck import Duck
from advisor.profiling.reading.open import open_table
from advisor.profiling.study import scan_table, study

ROWS = 400
HOSTILE = '<script>alert("x")</script>'


def columns() -> dict[str, list[object]]:
    rng = np.random.default_rng(5)
    size = rng.lognormal(3, 1, ROWS)
    rooms = rng.integers(1, 9, ROWS)
    return {
        "size": [None if i % 40 == 0 else round(float(v), 4) for i, v in enumerate(size)],
        "rooms": [int(v) for v in rooms],
        "city": [("Seoul", "Busan", "Jeju")[i] for i in rng.integers(0, 3, ROWS)],
        "new": [bool(v) for v in rng.integers(0, 2, ROWS)],
        HOSTILE: [round(float(v), 3) for v in rng.normal(0, 1e5, ROWS)],
        "price": [round(float(v), 3) for v in 3 * np.log(size) + rooms + rng.normal(0, 0.5, ROWS)],
    }


def csv_text(separator: str = ",", data: dict[str, list[object]] | None = None) -> str:
    data = data or columns()

    def cell(value: object) -> str:
        text = "" if value is None else str(value)
        return '"' + text.replace('"', '""') + '"' if separator in text or '"' in text else text

    header = separator.join(cell(name) for name in data)
    return "\n".join([header, *(separator.join(map(cell, row)) for row in zip(*data.values(), strict=True))]) + "\n"


def column(facts: DataFacts, name: str) -> ColumnFacts:
    return next(item for item in facts.columns if item.name == name)


def essentials(facts: DataFacts) -> dict[str, object]:
    return json.loads(facts.model_dump_json(exclude={"name", "reading", "notes"}))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    where = tmp_path_factory.mktemp("tables")
    data = columns()
    (where / "t.csv").write_text(csv_text(), encoding="utf-8")
    (where / "t.tsv").write_text(csv_text("\t"), encoding="utf-8")
    (where / "semicolon.csv").write_text(csv_text(";"), encoding="utf-8")
    (where / "t.csv.gz").write_bytes(gzip.compress(csv_text().encode()))
    (where / "hidden").write_bytes(gzip.compress(csv_text().encode()))
    pq.write_table(pa.table(data), where / "t.parquet")
    lines = [json.dumps(dict(zip(data, row, strict=True))) for row in zip(*data.values(), strict=True)]
    (where / "t.jsonl").write_text("\n".join(lines), encoding="utf-8")
    (where / "utf16.csv").write_text(csv_text(), encoding="utf-16")
    return where


@pytest.fixture(scope="module")
def reference(folder: Path) -> DataFacts:
    return profile(str(folder / "t.csv"), target="price")


@pytest.mark.parametrize("name", ["t.tsv", "semicolon.csv", "t.csv.gz", "hidden", "t.parquet", "t.jsonl", "utf16.csv"])
def test_every_format_gives_the_same_facts(name: str, folder: Path, reference: DataFacts) -> None:
    assert essentials(profile(folder / name, target="price")) == essentials(reference)


def test_frames_give_the_same_facts(reference: DataFacts) -> None:
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    for frame in (pandas.DataFrame(columns()), polars.DataFrame(columns()), pa.table(columns())):
        assert essentials(profile(frame, target="price")) == essentials(reference)


def test_statistics_equal_numpys(reference: DataFacts) -> None:
    size = np.array([value for value in columns()["size"] if value is not None], dtype=float)
    found = column(reference, "size")
    assert found.missing == pytest.approx(10 / ROWS)
    assert (found.mean, found.std) == pytest.approx((size.mean(), size.std()))
    assert (found.min, found.max) == (size.min(), size.max())
    assert found.skew == pytest.approx(((size - size.mean()) ** 3).mean() / size.std() ** 3)
    assert (found.q25, found.median, found.q75) == pytest.approx(tuple(np.quantile(size, [0.25, 0.5, 0.75])))
    assert found.distinct == len(np.unique(size))


def test_kinds_roles_and_task(reference: DataFacts) -> None:
    kinds = {item.name: (item.kind, item.role) for item in reference.columns}
    assert kinds == {
        "size": ("numeric", "feature"),
        "rooms": ("integer", "feature"),
        "city": ("categorical", "feature"),
        "new": ("boolean", "feature"),
        HOSTILE: ("numeric", "feature"),
        "price": ("numeric", "target"),
    }
    assert (reference.task, reference.rows, reference.encoded_features) == ("regression", ROWS, 8)
    assert reference.scale.ratio > 1e4
    assert reference.noise.lower <= reference.noise.level <= reference.noise.upper


def test_same_input_same_bytes(folder: Path) -> None:
    first, second = (study(folder / "t.csv", target="price", seed=2) for _ in range(2))
    assert first.facts.model_dump_json() == second.facts.model_dump_json()
    assert first.sample.equals(second.sample)
    assert np.array_equal(encode(first).x, encode(second).x)


def test_parts_scanned_apart_merge_to_the_whole(folder: Path) -> None:
    duck = Duck()
    table = open_table(str(folder / "t.csv"), duck)
    (batch,) = table.batches(duck, 10_000)
    whole = Scan(table, seed=3)
    whole.add(batch)
    parts = [batch.slice(0, 37), batch.slice(37, 200), batch.slice(237)]
    merged, first = None, 0
    for part in parts:
        scan = Scan(table, seed=3, first_row=first)
        scan.add(part)
        first += part.num_rows
        if merged is None:
            merged = scan
        else:
            merged.merge(scan)
    assert merged is not None
    assert merged.rows == whole.rows
    np.testing.assert_allclose(merged.moments.mean(), whole.moments.mean(), rtol=1e-12)
    np.testing.assert_allclose(merged.moments.kurtosis(), whole.moments.kurtosis(), rtol=1e-9)
    np.testing.assert_allclose(merged.gram.correlation(), whole.gram.correlation(), atol=1e-12)
    assert [one.count() for one in merged.distinct] == [one.count() for one in whole.distinct]
    for own, seen in zip(merged.values, whole.values, strict=True):
        assert own.words == seen.words
        np.testing.assert_array_equal(own.values, seen.values)
        np.testing.assert_array_equal(own.counts, seen.counts)
    assert merged.sample().equals(whole.sample())


def read(tmp_path: Path, text: str | bytes, **settings: object) -> DataFacts:
    path = tmp_path / "messy.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return profile(path, **settings)


def rows_of(*pattern: str, count: int = 60) -> str:
    return "".join(pattern[i % len(pattern)].format(i=i // 3, v=i * 0.37 % 5) + "\n" for i in range(count))


def test_a_late_word_costs_one_cell_and_a_note(tmp_path: Path) -> None:
    text = "a,y\n" + rows_of("{v:.2f},{i}", count=300) + "oops,3\n"
    facts = read(tmp_path, text, target="y")
    assert (facts.rows, column(facts, "a").kind) == (301, "numeric")
    assert "1 cells are no numbers" in column(facts, "a").note


def test_words_for_missing_are_missing(tmp_path: Path) -> None:
    facts = read(tmp_path, "a,y\n" + rows_of("{v:.2f},{i}", "NA,{i}", "?,{i}", "-,{i}", "null,{i}"), target="y")
    assert column(facts, "a").kind == "numeric"
    assert column(facts, "a").missing == pytest.approx(0.8)


def test_decimal_commas_and_currency(tmp_path: Path) -> None:
    facts = read(tmp_path, "a;b;y\n" + rows_of("1.234,{i};$1,200.{i};{i}"), target="y")
    assert column(facts, "a").kind in {"numeric", "integer"}
    assert column(facts, "a").min >= 1234
    assert "converted" in column(facts, "a").note


def test_ragged_lines_never_become_one_column(tmp_path: Path) -> None:
    facts = read(
        tmp_path, "a,b,y\n" + rows_of("{v:.2f},{i},{i}") + "Total,123\n" + rows_of("{v:.2f},{i},{i}"), target="y"
    )
    assert len(facts.columns) == 3
    assert facts.rows == 120
    assert "Line 62 has 2 fields, the others 3; it was left out." in facts.reading


def test_latin_1_is_read_and_said(tmp_path: Path) -> None:
    facts = read(tmp_path, ("größe,y\n" + rows_of("{v:.2f},{i}", "{v:.3f},{i}")).encode("latin-1"), target="y")
    assert facts.columns[0].name == "größe"
    assert any("Latin-1" in note for note in facts.reading)


def test_what_a_table_model_cannot_use_is_left_out_and_said(tmp_path: Path) -> None:
    header = "id,constant,comment,empty,when,a,y\n"
    comment = "some words about row {i} that go on and on for a while and never repeat {i}"
    line = "{i},7," + comment + ",,2024-01-{day:02d},{a},{y}\n"
    body = "".join(line.format(i=i * 7, day=i % 28 + 1, a=i % 9, y=i % 5 * 0.5) for i in range(120))
    facts = read(tmp_path, header + body, target="y")
    kinds = {item.name: (item.kind, item.role) for item in facts.columns}
    assert kinds["id"] == ("identifier", "dropped")
    assert kinds["constant"] == ("constant", "dropped")
    assert kinds["comment"] == ("text", "dropped")
    assert kinds["empty"] == ("empty", "dropped")
    assert kinds["when"] == ("date", "feature")
    assert facts.dropped == 4
    assert sum("Left out" in note for note in facts.notes) == 4


def test_a_guess_of_the_target_is_said(tmp_path: Path) -> None:
    facts = read(tmp_path, "label,a\n" + rows_of("x,{v:.2f}", "z,{v:.2f}"))
    assert (facts.target_name, facts.task) == ("label", "binary")
    assert any("guessed" in note for note in facts.notes)


def test_infinite_cells_are_counted_and_do_not_reach_the_model(tmp_path: Path) -> None:
    found = study(
        pa.table({"a": [float("inf"), *np.linspace(0, 1, 99)], "y": list(np.linspace(3, 9, 100))}), target="y"
    )
    assert column(found.facts, "a").infinite == pytest.approx(0.01)
    assert np.isfinite(encode(found).x).all()


def test_more_columns_than_rows_is_a_note(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    table = pa.table({f"x{i}": rng.normal(size=20) for i in range(40)} | {"y": rng.normal(size=20)})
    facts = profile(table, target="y")
    assert any("more model inputs" in note for note in facts.notes)


def test_an_array_and_a_pair(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(100, 3))
    facts = profile((x, (x[:, 0] > 0).astype(int)))
    assert (facts.task, facts.features, facts.target_name) == ("binary", 3, "target")
    with pytest.raises(DataError, match="one target per row"):
        profile((x, x[:50, 0]))


@pytest.mark.parametrize(
    ("source", "message"),
    [("missing.csv", "no such file"), (".", "folder"), ("no*such.csv", "no file matches"), (3, "int")],
)
def test_sources_that_cannot_be_read(source: object, message: str) -> None:
    with pytest.raises(DataError, match=message):
        profile(source)


def test_a_glob_is_one_table(folder: Path, tmp_path: Path) -> None:
    text = csv_text()
    lines = text.splitlines(keepends=True)
    (tmp_path / "p1.csv").write_text("".join(lines[:150]), encoding="utf-8")
    (tmp_path / "p2.csv").write_text(lines[0] + "".join(lines[150:]), encoding="utf-8")
    assert profile(str(tmp_path / "p*.csv"), target="price").rows == ROWS


def test_a_wide_file_takes_no_more_queries_than_a_narrow_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    queries: list[str] = []
    for name in ("rows", "stream"):
        original = getattr(Duck, name)

        def counted(duck: Duck, query: str, *rest: int, _original: Any = original) -> Any:
            queries.append(query)
            return _original(duck, query, *rest)

        monkeypatch.setattr(Duck, name, counted)

    def queries_of(columns: int) -> int:
        rng = np.random.default_rng(2)
        rows = [",".join(f"{value:.4g}" for value in rng.normal(size=columns)) for _ in range(100)]
        path = tmp_path / f"{columns}.csv"
        path.write_text("\n".join([",".join(f"c{i}" for i in range(columns)), *rows]), encoding="utf-8")
        queries.clear()
        assert len(scan_table(path).table.columns) == columns
        return len(queries)

    assert queries_of(150) == queries_of(3) > 0  # one query per column took 47 s


def test_the_count_of_different_values_sorts_once_and_merges(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    hashes = rng.integers(0, 2**64 - 1, 20_000, dtype=np.uint64)
    whole, parts = SmallestHashes(4_096), [SmallestHashes(4_096) for _ in range(3)]
    for part, some in zip(parts, np.array_split(hashes, 3), strict=True):
        whole.add(some)
        part.add(some)
    for part in parts[1:]:
        parts[0].merge(part)
    assert parts[0].count() == whole.count() == pytest.approx(20_000, rel=0.1)  # hashes of 63 bits look twice as dense
    np.testing.assert_array_equal(whole.hashes, np.unique(hashes)[:4_096])
    few = SmallestHashes(4_096)
    few.add(hashes[:3_000])
    few.add(hashes[:3_000])
    assert (few.count(), few.exact) == (3_000, True)


def test_a_file_is_profiled_without_pandas_and_scipy(tmp_path: Path) -> None:
    rows = "\n".join(f"{i % 7},{('a', 'b')[i % 2]},{i * 1.5},,2024-01-{i % 28 + 1:02d}" for i in range(60))
    (tmp_path / "t.csv").write_text("n,w,y,empty,d\n" + rows)
    program = (
        "import sys; from advisor.profiling import profile; profile(sys.argv[1], target='y'); "
        "print(sorted({'pandas', 'scipy', 'torch'} & set(sys.modules)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "t.csv"], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize("kind", ["csv", "parquet", "frame"])
def test_progress_says_how_much_of_the_table_is_read(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["advisor.profiling.study"], "BATCH_ROWS", 4_096)
    table = pa.table({"a": [i % 97 for i in range(40_000)], "y": [i * 0.5 for i in range(40_000)]})
    source: object = table
    if kind == "csv":
        rows = "\n".join(f"{i % 97},{i * 0.5}" for i in range(40_000))
        source = tmp_path / "t.csv"
        source.write_text(f"a,y\n{rows}\n")
    elif kind == "parquet":
        source = tmp_path / "t.parquet"
        pq.write_table(table, source)
    seen: list[float] = []
    scan_table(source, progress=lambda message, share: seen.append(share) if share is not None else None)
    assert len(seen) > 3
    assert seen == sorted(seen)
    assert seen[len(seen) // 2 - 1] == pytest.approx(0.5, abs=0.2)
    assert seen[-1] == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize("first", [0.0, 3.0, -1e9])
@pytest.mark.parametrize("merge", [True, False])
def test_rows_that_begin_with_one_value_say_the_same_in_the_end(first: float, merge: bool) -> None:
    values = np.concatenate([np.full(50, first), np.random.default_rng(1).normal(5.0, 200.0, 500)])
    whole, rest = Moments(1), Moments(1)
    for part, seen in ((values[:50], whole), (values[50:], rest if merge else whole)):
        seen.add(0, part, None, 0, np.empty(len(part)))
    if merge:
        whole.merge(rest)
    assert whole.mean()[0] == pytest.approx(values.mean(), rel=1e-9)
    assert whole.std()[0] == pytest.approx(values.std(), rel=1e-6)
    z = (values - values.mean()) / values.std()
    assert whole.kurtosis()[0] == pytest.approx((z**4).mean() - 3.0, rel=1e-5)
