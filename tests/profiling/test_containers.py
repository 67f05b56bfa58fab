"""One table in every container that people keep tables in: the same facts, or a sentence on what is missing."""

from __future__ import annotations

import bz2
import gzip
import http.server
import io
import lzma
import sqlite3
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset
import pyarrow.feather
import pyarrow.orc
import pyarrow.parquet as pq
import pytest

from advisor.errors import DataError
from advisor.facts import ColumnFacts
from advisor.profiling.kinds import column_facts
from advisor.profiling.reading.options import reading_options
from advisor.profiling.study import scan_table
from tests.workbook import workbook

ROWS = 60
KINDS = {
    "when": "date",
    "word": "categorical",
    "flag": "boolean",
    "real": "numeric",
    "whole": "integer",
    "y": "numeric",
}


def table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "when": pd.date_range("2024-01-01", periods=ROWS),
            "word": ["ab", "cd", "ef"] * 20,
            "flag": [True, False] * 30,
            "real": rng.normal(size=ROWS),
            "whole": np.arange(ROWS) % 7,
            "y": rng.normal(size=ROWS),
        }
    )
    frame.loc[3, "real"] = np.nan
    frame.loc[5, "word"] = None
    return frame


def read(source: object, **options: object) -> tuple[int, dict[str, ColumnFacts], tuple[str, ...]]:
    scan = scan_table(source, options=reading_options(options))
    return scan.rows, {one.name: one for one in column_facts(scan, scan.sample())}, scan.table.notes


def check(source: object, **options: object) -> tuple[str, ...]:
    rows, columns, notes = read(source, **options)
    assert rows == ROWS
    assert {name: one.kind for name, one in columns.items()} == KINDS
    assert columns["real"].missing == columns["word"].missing == pytest.approx(1 / ROWS)
    assert columns["y"].mean == pytest.approx(table()["y"].mean())
    assert columns["real"].std == pytest.approx(table()["real"].std(ddof=0))
    return notes


def sqlite(path: Path, names: tuple[str, ...] = ("t",)) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for name in names:
            table().to_sql(name, connection, index=False)


def duck(path: Path) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.register("given", pa.Table.from_pandas(table()))
        connection.execute("create table t as select * from given")


def stream(path: Path) -> None:
    arrow = pa.Table.from_pandas(table())
    with pa.ipc.new_stream(str(path), arrow.schema) as writer:
        writer.write_table(arrow)


def zstd(path: Path) -> None:
    with pa.CompressedOutputStream(str(path), "zstd") as out:
        out.write(table().to_csv(index=False).encode())


def zipped(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("t.csv", table().to_csv(index=False))


def json_lines() -> bytes:
    return table().to_json(orient="records", lines=True, date_format="iso").encode()


def arff(path: Path) -> None:
    frame = table()
    head = (
        "% made by hand\n@RELATION t\n@attribute when date 'yyyy-MM-dd'\n@attribute 'word' {ab,cd,ef}\n"
        "@attribute flag {true,false}\n@attribute real numeric\n@attribute whole integer\n@attribute y real\n@data\n"
    )
    rows = frame.to_csv(index=False, header=False, na_rep="?").replace("True", "true").replace("False", "false")
    path.write_text(head + rows, encoding="utf-8")


def csv_bytes() -> bytes:
    return table().to_csv(index=False).encode()


WRITERS: dict[str, Callable[[Path], object]] = {
    "t.csv": lambda path: path.write_bytes(csv_bytes()),
    "t.tsv": lambda path: table().to_csv(path, index=False, sep="\t"),
    "t.psv": lambda path: table().to_csv(path, index=False, sep="|"),
    "fixed.txt": lambda path: path.write_text(table().to_string(index=False)),
    "t.csv.gz": lambda path: path.write_bytes(gzip.compress(csv_bytes())),
    "t.csv.xz": lambda path: path.write_bytes(lzma.compress(csv_bytes())),
    "t.csv.bz2": lambda path: path.write_bytes(bz2.compress(csv_bytes())),
    "t.csv.zst": zstd,
    "t.zip": zipped,
    "t.jsonl": lambda path: path.write_bytes(json_lines()),
    "t.json": lambda path: table().to_json(path, orient="records", date_format="iso"),
    "t.jsonl.xz": lambda path: path.write_bytes(lzma.compress(json_lines())),
    "json-lines-without-suffix": lambda path: path.write_bytes(json_lines()),
    "t.parquet": lambda path: table().to_parquet(path),
    "parquet-without-suffix": lambda path: table().to_parquet(path),
    "t.parquet.gz": lambda path: path.write_bytes(gzip.compress(table().to_parquet())),
    "t.feather": lambda path: pyarrow.feather.write_feather(table(), path),
    "t.arrows": stream,
    "t.orc": lambda path: pyarrow.orc.write_table(pa.Table.from_pandas(table(), preserve_index=False), path),
    "t.sqlite": sqlite,
    "sqlite-without-suffix": sqlite,
    "t.duckdb": duck,
}


@pytest.mark.parametrize("name", WRITERS)
def test_a_table_has_the_same_facts_in_every_file(name: str, tmp_path: Path) -> None:
    WRITERS[name](tmp_path / name)
    check(tmp_path / name)


def test_arff_says_itself_what_is_a_category(tmp_path: Path) -> None:
    arff(tmp_path / "t.arff")
    rows, columns, notes = read(tmp_path / "t.arff")
    assert rows == ROWS
    assert {name: one.kind for name, one in columns.items()} == {**KINDS, "flag": "categorical"}
    assert notes[0] == "Read as ARFF: names in row 1."


def test_sparse_arff_fills_in_zeros_and_first_levels(tmp_path: Path) -> None:
    lines = [f"{{0 {i}, 2 v}}" if i % 2 else f"{{1 {i}}}" for i in range(40)]
    head = "@relation r\n@attribute a numeric\n@attribute b numeric\n@attribute c {u,v}\n@data\n"
    (tmp_path / "t.arff").write_text(head + "\n".join(lines))
    rows, columns, _ = read(tmp_path / "t.arff")
    assert rows == 40
    assert (columns["a"].max, columns["b"].max) == (39.0, 38.0)
    assert columns["a"].zeros == pytest.approx(0.5)
    assert dict(columns["c"].top) == {"u": 20, "v": 20}


@pytest.mark.parametrize("text", ["@relation r\n@data\n1,2\n", "@relation r\n@attribute\n@data\n1\n"])
def test_damaged_arff_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "t.arff").write_text(text)
    with pytest.raises(DataError, match=r"t\.arff"):
        read(tmp_path / "t.arff")


def test_one_of_several_tables_has_to_be_named(tmp_path: Path) -> None:
    sqlite(tmp_path / "s.db", ("t", "u"))
    with pytest.raises(DataError, match=r"s.db: holds 2 tables \(t, u\); say which with --table"):
        read(tmp_path / "s.db")
    with pytest.raises(DataError, match="no table 'v'"):
        read(tmp_path / "s.db", table="v")
    check(tmp_path / "s.db", table="u")
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.writestr("a.csv", csv_bytes())
        archive.writestr("b/b.parquet", table().to_parquet())
    with pytest.raises(DataError, match="holds 2 files"):
        read(tmp_path / "two.zip")
    check(tmp_path / "two.zip", table="b/b.parquet")


def test_cells_of_one_sqlite_column_may_differ_in_type(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "s.db")) as connection:
        connection.execute("create table t (a integer, b integer, c)")
        rows = [(i if i % 2 else i + 0.5, "n/a" if i == 3 else i % 5, i % 3) for i in range(50)]
        connection.executemany("insert into t values (?, ?, ?)", rows)
        connection.commit()
    _, columns, _ = read(tmp_path / "s.db")
    assert columns["a"].max == 49.0
    assert columns["a"].kind == "numeric"
    assert columns["b"].missing == pytest.approx(1 / 50)
    assert columns["b"].kind == "integer"


def sheet() -> list[list[object]]:
    frame = table().astype(object).where(table().notna(), None)
    return [list(frame.columns), *frame.to_numpy().tolist()]


def test_a_sheet_is_read_with_what_people_put_around_a_table(tmp_path: Path) -> None:
    pytest.importorskip("python_calamine", reason="the extra [excel]")
    workbook(tmp_path / "t.xlsx", {"only": sheet(), "empty": []})
    assert check(tmp_path / "t.xlsx")[0] == "Read as sheet 'only': names in row 1."
    around = [["Report of May"], [], *sheet(), ["Total", "", "", 1.5, 3, 1.0]]
    workbook(tmp_path / "around.xlsx", {"one": around, "two": sheet()})
    with pytest.raises(DataError, match=r"holds 2 sheets \(one, two\); say which with --table"):
        read(tmp_path / "around.xlsx")
    notes = check(tmp_path / "around.xlsx", table="one")
    assert any("'Total'" in note for note in notes), notes


def test_a_workbook_without_the_package_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workbook(tmp_path / "t.xlsx", {"only": sheet()})
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    with pytest.raises(DataError, match=r"lr-advisor\[excel\]"):
        read(tmp_path / "t.xlsx")


def test_arrays_in_files(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(50, 3)), np.arange(50) % 2
    np.save(tmp_path / "x.npy", x)
    assert list(read(tmp_path / "x.npy")[1]) == ["x0", "x1", "x2"]
    np.savez(tmp_path / "pair.npz", X_train=x, y_train=y)
    assert list(read(tmp_path / "pair.npz")[1]) == ["x0", "x1", "x2", "target"]
    np.savez(tmp_path / "columns.npz", a=x[:, 0], b=y)
    assert list(read(tmp_path / "columns.npz")[1]) == ["a", "b"]
    np.savez(tmp_path / "several.npz", a=x, b=np.zeros((2, 2)))
    with pytest.raises(DataError, match=r"a \(50, 3\), b \(2, 2\)\); say which with --table"):
        read(tmp_path / "several.npz")
    assert read(tmp_path / "several.npz", table="a")[0] == 50
    np.save(tmp_path / "objects.npy", np.array([{}, 1], object))
    with pytest.raises(DataError, match="Python objects"):
        read(tmp_path / "objects.npy")
    np.save(tmp_path / "image.npy", np.zeros((5, 3, 8, 8)))
    with pytest.raises(DataError, match=r"\(5, 3, 8, 8\)"):
        read(tmp_path / "image.npy")


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_columns_come_from_the_names_of_folders(kind: str, tmp_path: Path) -> None:
    for year in (2023, 2024):
        for country in ("DE", "NA", "__HIVE_DEFAULT_PARTITION__"):
            folder = tmp_path / f"data/year={year}/country={country}"
            folder.mkdir(parents=True)
            (folder / "part.csv").write_bytes(csv_bytes()) if kind == "csv" else table().to_parquet(
                folder / "part.parquet"
            )
    (tmp_path / "data/_SUCCESS").touch()
    for source in (tmp_path / "data", str(tmp_path / "data/*/*/*")):
        rows, columns, notes = read(source)
        assert rows == 6 * ROWS
        assert list(columns) == [*KINDS, "year", "country"]
        assert dict(columns["country"].top) == {"DE": 2 * ROWS, "NA": 2 * ROWS}  # Namibia is a country
        assert columns["country"].missing == pytest.approx(1 / 3)
        assert columns["year"].mean == 2023.5
        assert "'year', 'country' come from the names of the folders." in notes


def test_folders_that_are_no_table_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="without a file"):
        read(tmp_path)
    (tmp_path / "a.csv").write_bytes(csv_bytes())
    (tmp_path / "b.jsonl").write_bytes(json_lines())
    with pytest.raises(DataError, match="several kinds"):
        read(tmp_path)
    (tmp_path / "b.jsonl").unlink()
    (tmp_path / "c.csv").write_bytes(table().drop(columns="word").to_csv(index=False).encode())
    with pytest.raises(DataError, match=r"c.csv: its columns are not those of the first .*'word' is in one"):
        read(tmp_path)


def test_files_of_other_packages_are_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "t.h5").write_bytes(b"\x89HDF\r\n\x1a\n")
    (tmp_path / "t.dta").write_bytes(b"<stata_dta>")
    with pytest.raises(DataError, match=r"pandas\.read_hdf"):
        read(tmp_path / "t.h5")
    with pytest.raises(DataError, match=r"pandas\.read_stata"):
        read(tmp_path / "t.dta")
    (tmp_path / "damaged.parquet").write_bytes(b"PAR1 and then nothing")
    (tmp_path / "damaged.db").write_bytes(b"SQLite format 3\x00 and then nothing")
    (tmp_path / "damaged.arrow").write_bytes(b"ARROW1\x00\x00 and then nothing")
    for name in ("damaged.parquet", "damaged.db", "damaged.arrow"):
        with pytest.raises(DataError, match=name):
            read(tmp_path / name)


def test_standard_input_is_a_file_like_any_other(tmp_path: Path) -> None:
    program = (
        "from advisor.profiling.study import scan_table\n"
        "scan = scan_table('-'); print(scan.rows, scan.table.name, [c.name for c in scan.table.columns])"
    )
    for data in (csv_bytes(), gzip.compress(csv_bytes()), table().to_parquet()):
        run = subprocess.run([sys.executable, "-c", program], input=data, capture_output=True, check=True)
        assert run.stdout.decode().strip() == f"60 standard input {list(KINDS)}"


def test_nothing_on_standard_input_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdin", Terminal())
    with pytest.raises(DataError, match="nothing is piped"):
        read("-")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path))) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_address[1]}"
        running.shutdown()


def test_addresses_are_fetched_or_refused(tmp_path: Path, server: str) -> None:
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(csv_bytes()))
    check(f"{server}/t.csv.gz?download=1")
    with pytest.raises(DataError, match=r"none.csv: cannot be fetched \(File not found\)"):
        read(f"{server}/none.csv")
    with pytest.raises(DataError, match="DuckDB's extension httpfs, which is not installed here"):
        read("s3://bucket/t.parquet")


def test_parquet_of_one_kind_in_a_glob(tmp_path: Path) -> None:
    arrow = pa.Table.from_pandas(table(), preserve_index=False)
    pq.write_table(arrow.slice(0, 25), tmp_path / "a.parquet")
    pq.write_table(arrow.slice(25), tmp_path / "b.parquet")
    check(str(tmp_path / "*.parquet"))
