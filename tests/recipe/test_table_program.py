"""The program of a table: the numbers of our encoding, the model that was checked, and a loss like the verdict's."""

from __future__ import annotations

import gzip
import json
import math
import sqlite3
import subprocess
import sys
import zipfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from urllib.parse import quote

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import torch
from sklearn.neural_network import MLPRegressor
from torch import nn

import advisor
from advisor.errors import PlanError
from advisor.facts import DataFacts
from advisor.inspection.torch_presets import build_preset
from advisor.inspection.torch_twins import glorot_mlp
from advisor.profiling import encode
from advisor.profiling.encoding.encode import encode_design
from advisor.profiling.study import study
from advisor.recipe.code import programs
from advisor.recipe.templates import literal, words
from advisor.training.data_split import FOLDS
from tests.workbook import workbook

EXAMPLES = Path(__file__).parents[2] / "examples"
SHIPPED = {"penguins": "species", "fuel_economy": "hwy", "texas_housing": "median"}
ROWS = 400


@dataclass(frozen=True)
class Traced:
    """A table with the number of each row as its target."""

    facts: DataFacts
    sample: pa.Table


def program(source: Path | str, target: str, model: str = "mlp:8", **settings: object) -> tuple[str, advisor.Advice]:
    advice = advisor.advise(model, source, target=target, budget="none", **settings)
    return advice.code(data=source), advice


def loaded(text: str) -> ModuleType:
    module = ModuleType("train")
    module.__file__ = "train.py"
    exec(compile(text, "train.py", "exec"), vars(module))  # noqa: S102
    return module


def sorted_columns(x: np.ndarray) -> np.ndarray:
    """Columns in an order that does not depend on how they were numbered."""
    return x[:, np.lexsort(np.round(x[::-1], 6))]


def assert_same_encoding(source: Path, target: str, **settings: object) -> np.ndarray:
    text, advice = program(source, target, **settings)
    assert "advisor" not in {line.split()[1] for line in text.splitlines() if line.startswith(("import", "from"))}
    space = loaded(text)
    table = space.read(str(source)).dropna(subset=[space.TARGET])
    theirs = space.encoder().fit_transform(table.drop(columns=space.TARGET))
    found = study(source, target=target, reading=settings.get("reading"))
    ours = encode_design(found.sample, found.facts.columns, target, found.facts.task)
    assert theirs.shape == ours.x.shape
    assert sorted_columns(theirs.astype(np.float32)) == pytest.approx(sorted_columns(ours.x), abs=2e-5)
    assert theirs.shape[1] == ours.x.shape[1]
    assert advice.job is not None
    return theirs


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_tables_are_encoded_with_the_same_numbers(name: str) -> None:
    assert_same_encoding(EXAMPLES / f"{name}.csv", SHIPPED[name])


def test_dates_in_words_and_separators_of_two_signs_are_read_alike(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    months = ("enero", "febrero", "marzo", "agosto")
    lines = [
        f"{i % 28 + 1} de {months[i % 4]} de 20{i % 20:02d}::Q{i % 4 + 1} {2000 + i // 4}::{i % 13}.5::{i % 9}.25"
        for i in range(80)
    ]
    path.write_text("\n".join(["day::quarter::x::y", *lines]) + "\n", encoding="utf-8")
    assert assert_same_encoding(path, "y").shape == (80, 1 + 2 * 5)


def test_durations_multiples_uncertainties_and_rows_left_out_are_read_alike(tmp_path: Path) -> None:
    path = tmp_path / "races.csv"
    lines = ["runner,time,clock,prize,german,weight,y"]
    for i in range(90):
        if i % 30 == 0:
            lines += [f"Group {i // 30},,,,,,"]
        prize = f"{1 + i / 10:.1f}M" if i % 3 else f"${300 + i}k"
        times = f"{i % 30}h {i % 60}m", f"{20 + i % 9}:{i % 60:02d}:00"
        lines += [f"n{i % 7},{','.join(times)},{prize},{i}.5 Mio.,{60 + i % 20}.5 ± 0.{i % 9 + 1},{(i * 7) % 11}"]
    path.write_text("\n".join(lines), encoding="utf-8")
    assert_same_encoding(path, "y")


def test_angles_are_read_alike(tmp_path: Path) -> None:
    path = tmp_path / "stations.csv"
    lines = []
    for i in range(90):
        lat = f"{40 + i % 9}° {i % 60:02d}′ {i % 50}.5″ {'NS'[i % 2]}"
        lines.append(f"{i % 7},{lat},{'EW'[i % 2]}{i % 20} {i % 60:02d} 30,{(i * 7) % 11}")
    path.write_text("\n".join(["k,lat,lon,y", *lines]), encoding="utf-8")
    assert_same_encoding(path, "y")


def test_a_flag_that_is_neither_of_its_values_is_missing(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"flag": rng.integers(0, 2, 60), "x": rng.normal(size=60), "y": rng.normal(size=60)})
    table.to_csv(tmp_path / "flags.csv", index=False)
    space = loaded(program(tmp_path / "flags.csv", "y")[0])
    (tmp_path / "new.csv").write_text("flag,x\n1,0.5\n1e12,0.5\n", encoding="utf-8")
    assert space.read(tmp_path / "new.csv")["flag"].tolist()[:1] == [1.0]
    assert space.read(tmp_path / "new.csv")["flag"].isna().tolist() == [False, True]


def mixed() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    city = rng.choice(["Köln", "São Paulo", "Łódź", "Oslo", "rare"], ROWS, p=[0.4, 0.3, 0.2, 0.0975, 0.0025])
    table = pd.DataFrame(
        {
            "customer_id": np.arange(ROWS) + 1000,
            "weight": np.round(rng.normal(70, 12, ROWS), 2),
            "income": np.round(np.exp(rng.normal(8, 2, ROWS)), 2),
            "city": city,
            "smoker": rng.choice(["yes", "no"], ROWS),
            "grade": rng.choice(["a", "b"], ROWS),
            "joined": pd.Timestamp("2021-01-01") + pd.to_timedelta(rng.integers(0, 900, ROWS), unit="D"),
            "constant": 3,
        }
    )
    table["price"] = np.round(table["weight"] * 2 + rng.normal(0, 1, ROWS) + 30 * (table["smoker"] == "yes"), 2)
    return table


def with_gaps(table: pd.DataFrame, word: str) -> pd.DataFrame:
    rng = np.random.default_rng(6)
    table = table.astype(dict.fromkeys(("weight", "city", "smoker", "grade"), object))
    for name in ("weight", "city", "smoker", "grade"):
        table.loc[rng.random(ROWS) < 0.04, name] = word
    return table


def as_commas(path: Path) -> None:
    with_gaps(mixed(), "NA").to_csv(path, index=False)


def as_german(path: Path) -> None:
    table = mixed()
    table["city"] = table["city"].replace({"Łódź": "München"})
    table["joined"] = table["joined"].dt.strftime("%d.%m.%Y")
    table.to_csv(path, index=False, sep=";", decimal=",", encoding="cp1252")


def as_packed_tabs(path: Path) -> None:
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.write(with_gaps(mixed(), "-").to_csv(index=False, sep="\t"))


def with_money_and_units(path: Path) -> None:
    table = mixed()
    table["income"] = [f"${value:,.2f}" for value in table["income"]]
    table["weight"] = [f"{value} kg" for value in table["weight"]]
    table["change"] = [f"({i % 7}.5)" if i % 3 else f"{i % 11}.25" for i in range(ROWS)]
    table.to_csv(path, index=False)


def with_day_first_times_and_titles(path: Path) -> None:
    table = mixed()
    table["joined"] = (table["joined"] + pd.to_timedelta(np.arange(ROWS) % 24, unit="h")).dt.strftime("%d/%m/%Y %H:%M")
    table["opens"] = [f"{i % 24:02d}:{i % 60:02d}" for i in range(ROWS)]
    path.write_text("Customers of our shop\nall rights reserved\n" + table.to_csv(index=False), encoding="utf-8")


def with_counted_moments(path: Path) -> None:
    table = mixed()
    table["timestamp"] = 1_600_000_000 + 3_600 * np.arange(ROWS)
    table[[*table.columns.drop("price"), "price"]].to_csv(path, index=False)


def with_countries_and_no_names(path: Path) -> None:
    table = mixed()
    table["country"] = np.random.default_rng(1).choice(["NA", "DE", "FR", "US", "ZA"], ROWS)
    table = table[[*table.columns.drop("price"), "price"]]
    table.to_csv(path, index=False, header=False)


def as_blanks(path: Path) -> None:
    table = mixed().drop(columns=["city"])
    path.write_text(table.to_string(index=False), encoding="utf-8")


def with_separators_too_many(path: Path) -> None:
    lines = mixed().to_csv(index=False).splitlines()
    path.write_text("".join(f"{line}{',' * (place % 4 == 2)}\n" for place, line in enumerate(lines)), encoding="utf-8")


def with_sums_and_footnotes_between_thorns(path: Path) -> None:
    table = mixed()
    table["weight"] = [f"{value}{'*' * (place % 9 == 3)}" for place, value in enumerate(table["weight"])]
    names, *lines = table.to_csv(index=False, sep="þ").splitlines()
    for end in range(360, 0, -40):
        total = mixed()["price"][end - 40 : end].sum()
        lines.insert(end, "Subtotal" + "þ" * (len(table.columns) - 1) + f"{total:.2f}")
    path.write_text("\n".join([names, *lines, ""]), encoding="utf-8")


def as_parquet(path: Path) -> None:
    table = mixed()
    table["smoker"] = table["smoker"] == "yes"
    table.loc[::25, "weight"] = np.nan
    table.to_parquet(path)


def as_json(path: Path) -> None:
    table = with_gaps(mixed(), "NA").replace("NA", None)
    table["joined"] = table["joined"].dt.strftime("%Y-%m-%d")
    table.to_json(path, orient="records", lines=True)


def cells(table: pd.DataFrame) -> list[list[object]]:
    return [list(table.columns), *table.astype(object).where(table.notna(), None).to_numpy().tolist()]


def as_workbook(path: Path) -> None:
    pytest.importorskip("python_calamine", reason="the extra [excel]")
    rows = cells(with_gaps(mixed(), "n/a"))
    total = ["Total", *[None] * (len(rows[0]) - 2), 1.5]
    workbook(path, {"notes": [["a", "b"], ["c", "d"]], "prices": [["Prices of May"], [None], *rows, total]})


def as_arff(path: Path) -> None:
    table = with_gaps(mixed(), "?").drop(columns=["joined", "constant"])
    kinds = {"city": "{'Köln','São Paulo','Łódź',Oslo,rare}", "smoker": "{yes,no}", "grade": "{a,b}"}
    head = "".join(f"@attribute {name} {kinds.get(name, 'numeric')}\n" for name in table)
    quoted = table.assign(city=[f"'{city}'" if city != "?" else city for city in table["city"]])
    path.write_text(f"% prices\n@relation t\n{head}@data\n{quoted.to_csv(index=False, header=False)}", encoding="utf-8")


def as_western_arff(path: Path) -> None:
    as_arff(path)
    text = path.read_text(encoding="utf-8").replace("Łódź", "Genève").encode("cp1252")
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)


def as_sparse_arff(path: Path) -> None:
    lines = [f"{{1 {row % 7 + 1}, 3 {row % 5}.5{', 2 b' * (row % 3 == 0)}}}" for row in range(ROWS)]
    head = "@relation t\n@attribute x0 numeric\n@attribute x1 numeric\n@attribute kind {a,b}\n@attribute price real\n"
    path.write_text(f"{head}@data\n" + "\n".join(lines), encoding="utf-8")


def typed() -> pd.DataFrame:
    """Typed cells, beside words that hold numbers, dates and yes or no."""
    table = mixed()
    table["smoker"] = table["smoker"] == "yes"
    table.loc[::25, "weight"] = np.nan
    table["paid"] = [f"€{row % 90},5" if row % 30 else "-" for row in range(ROWS)]
    table["seen"] = (table["joined"] + pd.Timedelta(days=3)).dt.strftime("%d.%m.%Y")
    table["married"] = np.random.default_rng(2).choice(["Y", "N"], ROWS)
    return table


def as_arrow_stream(path: Path) -> None:
    table = pa.Table.from_pandas(typed(), preserve_index=False)
    with pa.ipc.new_stream(path, table.schema) as stream:
        stream.write_table(table)


def as_sqlite(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        typed().assign(joined=typed()["joined"].astype(str)).to_sql('the "prices"', connection, index=False)


def as_duckdb(path: Path) -> None:
    with duckdb.connect(path) as connection:
        connection.register("given", typed())
        connection.sql('create schema shop; create table shop."the prices" as from given')


def arrays() -> tuple[np.ndarray, np.ndarray]:
    x = np.random.default_rng(3).normal(size=(ROWS, 4))
    return x, x[:, 0] * 2 + np.sin(x[:, 1])


def as_json_list(path: Path) -> None:
    table = typed()
    table["joined"] = table["joined"].dt.strftime("%Y-%m-%d")
    path.write_text(table.to_json(orient="records", indent=1, force_ascii=False), encoding="utf-8-sig")


def as_packed_json(path: Path) -> None:
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.write(mixed().drop(columns="joined").to_json(orient="records", lines=True, force_ascii=False))


def as_archive(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("about.txt", "prices\nof\nMay\n")
        archive.writestr("data/prices.csv", with_gaps(mixed(), "NA").to_csv(index=False, sep=";"))


def as_packed_csv(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("prices.csv", mixed().to_csv(index=False))


def in_folders_by_year(path: Path) -> None:
    for year, rows in mixed().groupby(mixed()["joined"].dt.year):
        for city, part in rows.groupby("city"):
            inside = path / f"year={year}" / f"town={quote(str(city))}"
            inside.mkdir(parents=True)
            part.drop(columns="city").to_csv(inside / "part.csv", index=False)


def in_folders_of_parquet(path: Path) -> None:
    for year, rows in typed().groupby(mixed()["joined"].dt.year):
        (path / f"year={year}").mkdir(parents=True)
        rows.to_parquet(path / f"year={year}" / "part.parquet")


PARTS = {"prices.xlsx": "prices", "archive.zip": "data/prices.csv", "named.npz": "second"}
"""What has to be named of files that hold several tables."""
FILES = {
    "prices.xlsx": as_workbook,
    "weka.arff": as_arff,
    "western.arff": as_western_arff,
    "western.arff.gz": as_western_arff,
    "sparse.arff": as_sparse_arff,
    "words.parquet": lambda path: typed().to_parquet(path),
    "typed.feather": lambda path: typed().to_feather(path),
    "typed.arrow": as_arrow_stream,
    "typed.orc": lambda path: typed().to_orc(path),
    "typed.sqlite": as_sqlite,
    "typed.duckdb": as_duckdb,
    "square.npy": lambda path: np.save(path, np.column_stack(arrays())),
    "pair.npz": lambda path: np.savez(path, X=arrays()[0], y=arrays()[1]),
    "named.npz": lambda path: np.savez(path, first=arrays()[1], second=np.column_stack(arrays())),
    "columns.npz": lambda path: np.savez(path, price=arrays()[1], x=arrays()[0][:, 0], z=arrays()[0][:, 1]),
    "records.npy": lambda path: np.save(path, typed()[["weight", "income", "price"]].to_records(index=False)),
    "list.json": as_json_list,
    "lines.jsonl.gz": as_packed_json,
    "archive.zip": as_archive,
    "packed.csv.zip": as_packed_csv,
    "years": in_folders_by_year,
    "years of parquet": in_folders_of_parquet,
    "commas.csv": as_commas,
    "german.csv": as_german,
    "tabs.tsv.gz": as_packed_tabs,
    "money.csv": with_money_and_units,
    "times.csv": with_day_first_times_and_titles,
    "counted.csv": with_counted_moments,
    "nameless.csv": with_countries_and_no_names,
    "blanks.txt": as_blanks,
    "uneven.csv": with_separators_too_many,
    "thorns.csv": with_sums_and_footnotes_between_thorns,
    "typed.parquet": as_parquet,
    "lines.jsonl": as_json,
}


@pytest.mark.parametrize("name", FILES)
def test_files_of_many_kinds_are_encoded_with_the_same_numbers(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    FILES[name](path)
    numbered = {"nameless.csv": "column 10", "square.npy": "x4", "named.npz": "x4", "pair.npz": "target"}
    settings = {"reading": {"table": PARTS[name]}} if name in PARTS else {}
    assert_same_encoding(path, numbered.get(name, "price"), **settings)


def test_what_the_user_said_about_the_file_is_in_the_program(tmp_path: Path) -> None:
    table = mixed()
    table.loc[::9, "weight"] = -999
    table.to_csv(tmp_path / "codes.csv", index=False)
    assert_same_encoding(tmp_path / "codes.csv", "price", reading={"na": ["-999"], "types": {"customer_id": "text"}})


def test_several_files_are_read_one_after_the_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for part in range(3):
        mixed().iloc[part::3].to_csv(f"part-{part}.csv", index=False)
    text, _ = program("part-*.csv", "price")
    assert len(loaded(text).read("part-*.csv")) == ROWS
    assert len(loaded(text).read(str(tmp_path / "part-*.csv"))) == ROWS
    assert len(loaded(text).read("part-0.csv")) == ROWS // 3 + (ROWS % 3 > 0)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_folder_is_read_with_the_folders_inside_it(kind: str, tmp_path: Path) -> None:
    (tmp_path / "all" / "inside").mkdir(parents=True)
    for part, place in enumerate((tmp_path / "all", tmp_path / "all" / "inside")):
        getattr(mixed().iloc[part::2], f"to_{kind}")(place / f"{part}.{kind}", index=False)
    (tmp_path / "all" / ("_SUCCESS")).touch()
    text, _ = program(str(tmp_path / "all"), "price")
    space = loaded(text)
    assert len(space.read(space.DATA)) == ROWS


def test_standard_input_is_read_by_the_program_as_well(tmp_path: Path) -> None:
    mixed().to_csv(tmp_path / "t.csv", index=False)
    _, advice = program(tmp_path / "t.csv", "price", epochs=2)
    (tmp_path / "train.py").write_text(advice.code(data="-"), encoding="utf-8")
    with (tmp_path / "t.csv").open("rb") as rows:
        done = subprocess.run(
            [sys.executable, "train.py"], cwd=tmp_path, stdin=rows, capture_output=True, text=True, check=False
        )
    assert done.stdout.startswith("held-out loss "), done.stderr
    assert "python train.py < data.csv " in (tmp_path / "train.py").read_text(encoding="utf-8")


def test_what_no_program_reads_as_it_was_understood_is_refused_with_what_to_do(tmp_path: Path) -> None:
    rows = [{"x": row % 7, "y": row % 7 + row % 3} for row in range(60)]
    (tmp_path / "t.json").write_text(json.dumps({"status": "ok", "rows": rows}))
    advice = advisor.advise("mlp:8", tmp_path / "t.json", target="y", budget="none")
    with pytest.raises(PlanError, match="save the table as one"):
        advice.code(data=tmp_path / "t.json")
    assert list(programs(advice)) == ["torch"]


@pytest.mark.parametrize("name", [name for name in FILES if not name.endswith((".csv", ".txt", ".tsv.gz"))])
def test_a_program_trains_on_a_file_of_any_kind_and_predicts_its_rows(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / name
    FILES[name](path)
    target = {"square.npy": "x4", "named.npz": "x4", "pair.npz": "target"}.get(name, "price")
    settings = {"reading": {"table": PARTS[name]}} if name in PARTS else {}
    text, _ = program(path, target, epochs=1, batch_size=128, **settings)
    space = loaded(text)
    monkeypatch.setitem(sys.modules, "train", space)  # where saved objects look for their classes
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["train.py"])
    space.main()
    assert capsys.readouterr().out.startswith("held-out loss ")
    assert len(space.predict(str(path))["prediction"].dropna()) == ROWS


def test_a_wide_table_is_predicted_without_a_warning_and_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(80, 130)), columns=[f"gene {place}" for place in range(130)])
    table["kind"] = np.where(table["gene 3"] > 0, "case", "control")
    table.to_csv(tmp_path / "wide.csv", index=False)
    space = loaded(program(tmp_path / "wide.csv", "kind", epochs=1)[0])
    monkeypatch.setitem(sys.modules, "train", space)
    monkeypatch.chdir(tmp_path)
    for arguments in ([], ["predict", "wide.csv"], ["predict", "wide.predictions.csv"]):
        monkeypatch.setattr(sys, "argv", ["train.py", *arguments])
        space.main()
    once, again = (pd.read_csv(tmp_path / f"wide.{name}.csv") for name in ("predictions", "predictions.predictions"))
    assert list(once.columns[-3:]) == ["prediction", "probability case", "probability control"]
    pd.testing.assert_frame_equal(once, again)


HOSTILE = ['a"b', "back\\slash", "'''", '"""', "new\nline", "{{ 1 }}", "# x", "ключ", "tab\there", "\u2028"]


def test_hostile_names_stay_names(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({name: rng.normal(size=ROWS) for name in HOSTILE})
    frame['target """ + evil()'] = frame.sum(axis=1)
    frame.to_parquet(tmp_path / 'x""".parquet')
    text, _ = program(tmp_path / 'x""".parquet', 'target """ + evil()')
    space = loaded(text)
    assert set(space.NUMBERS) <= set(study(tmp_path / 'x""".parquet').sample.column_names)
    assert len(space.NUMBERS) == len(HOSTILE)


@pytest.mark.parametrize("value", [*HOSTILE, HOSTILE * 9, {"a": (1, None, ".")}, [], {}, ("x",), 0.1, [["a"], ["b"]]])
def test_a_literal_is_the_value(value: object) -> None:
    assert eval(literal(value)) == value  # noqa: S307
    assert max(map(len, literal(value).splitlines())) <= 120


def test_words_end_neither_a_comment_nor_a_docstring() -> None:
    for word in HOSTILE:
        assert eval(f'"""{words(word)}"""') is not None  # noqa: S307
        assert len(words(word).splitlines()) == 1


def weights(module: nn.Module) -> list[tuple[tuple[int, ...], float]]:
    return [(tuple(p.shape), float(p.detach().std())) for p in module.parameters() if p.ndim == 2]


@pytest.mark.parametrize("preset", ["mlp:300,200", "linear", "resnet-tabular:128,2", "mlp:400"])
def test_the_model_starts_as_the_one_that_was_checked(preset: str) -> None:
    text, _ = program(EXAMPLES / "fuel_economy.csv", "hwy", model=preset)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        theirs = loaded(text).make_model(200, 150)
    ours = build_preset(preset, inputs=200, outputs=150)
    assert [shape for shape, _ in weights(theirs)] == [shape for shape, _ in weights(ours)]
    for (_, mine), (_, other) in zip(weights(ours), weights(theirs), strict=True):
        assert other == pytest.approx(mine, rel=0.03)
    assert all(not p.detach().any() for p in theirs.parameters() if p.ndim == 1 and preset != "resnet-tabular:128,2")
    x = torch.randn(64, 200, generator=torch.Generator().manual_seed(0))
    assert theirs(x).shape == (64, 150)
    theirs.load_state_dict(dict(zip(theirs.state_dict(), ours.state_dict().values(), strict=True)))
    assert torch.equal(theirs(x), ours(x))


@pytest.mark.parametrize("activation", ["relu", "tanh", "logistic", "identity"])
def test_the_twin_of_an_estimator_starts_as_scikit_learns(activation: str) -> None:
    estimator = MLPRegressor(hidden_layer_sizes=(300, 200), activation=activation, max_iter=5)
    advice = advisor.advise(estimator, EXAMPLES / "fuel_economy.csv", target="hwy", budget="none")
    theirs = loaded(advice.code()).make_model(200, 150)
    ours = glorot_mlp(200, (300, 200), 150, activation=activation)
    assert [str(layer) for layer in theirs] == [str(layer) for layer in ours]
    for mine, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert float(other.detach().std()) == pytest.approx(float(mine.detach().std()), rel=0.15)
        assert float(other.detach().abs().max()) == pytest.approx(float(mine.detach().abs().max()), rel=0.05)


def test_a_module_of_the_users_own_leaves_its_place_open() -> None:
    path = EXAMPLES / "fuel_economy.csv"
    inputs = advisor.advise("linear", path, target="hwy", budget="none").job.inputs
    advice = advisor.advise(nn.Linear(inputs, 1), path, target="hwy", budget="none")
    with pytest.raises(NotImplementedError, match="make_model"):
        loaded(advice.code()).make_model(1, 1)


def test_another_loss_gives_the_loop_and_nothing_wrong() -> None:
    def loss(model: nn.Module, batch: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
        return nn.functional.l1_loss(model(batch[0])[:, 0], batch[1])

    advice = advisor.advise("mlp:8", EXAMPLES / "fuel_economy.csv", loss, target="hwy", budget="none")
    assert "Replace these three" in advice.code()


def run(path: Path, *arguments: str) -> str:
    done = subprocess.run([sys.executable, path, *arguments], capture_output=True, text=True, cwd=path.parent)
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("name", SHIPPED)
def test_the_program_ends_near_the_loss_of_the_verdict(name: str, tmp_path: Path) -> None:
    path = EXAMPLES / f"{name}.csv"
    advice = advisor.advise("auto", path, target=SHIPPED[name], budget="quick")
    (tmp_path / "train.py").write_text(advice.code(data=path), encoding="utf-8")
    said = run(tmp_path / "train.py")
    loss, error = (float(said.split(mark)[1].split()[0].rstrip(",")) for mark in ("held-out loss ", "standard error "))
    verdict = advice.verdict
    in_full = verdict.steps == verdict.full_steps
    assert (f"; {verdict.held_out_loss:.4g} in the check" in said) == in_full
    samples = verdict.evaluation_samples
    rows = int(said.split(" rows)")[0].split()[-1])
    spread = math.hypot(error, error * math.sqrt(rows / samples))
    near = max(3 * spread, 0.03 * verdict.constant_loss)
    if in_full:
        assert loss == pytest.approx(verdict.held_out_loss, abs=near)
    else:  # trials of a part of the run end higher
        assert loss <= verdict.held_out_loss + near
    assert ("R²" in said) == (advice.facts.data.task == "regression")
    table = pd.read_csv(path).drop(columns=SHIPPED[name]).head(20)
    table.to_csv(tmp_path / "new.csv", index=False)
    run(tmp_path / "train.py", "predict", "new.csv")
    predicted = pd.read_csv(tmp_path / "new.predictions.csv")
    assert len(predicted) == 20
    assert predicted["prediction"].notna().all()
    other = "import train; print(len(train.predict('new.csv')))"
    assert subprocess.run([sys.executable, "-c", other], capture_output=True, text=True, cwd=tmp_path).stdout == "20\n"


def rows_that_the_check_held_out(path: Path, target: str) -> list[np.ndarray]:
    """Numbers of the rows of a table that is small enough to be used whole, part by part."""
    numbered = pa.array(np.arange(len(pd.read_csv(path)), dtype=float))
    found = study(path, target=target)
    traced = DataFacts.model_validate(found.facts.model_dump() | {"target_name": "row", "task": "regression"})
    sample = found.sample.append_column("row", numbered)
    encoded = encode(Traced(traced, sample))
    row = np.round(encoded.y * encoded.target_std + encoded.target_mean).astype(int)
    order = torch.randperm(len(row), generator=torch.Generator().manual_seed(0)).numpy()
    return [row[order[first::FOLDS]] for first in range(FOLDS)]


@pytest.mark.slow
def test_on_the_rows_of_the_check_the_program_ends_at_the_loss_of_the_check() -> None:
    path = EXAMPLES / "fuel_economy.csv"
    advice = advisor.advise("linear", path, target="hwy", epochs=10, budget="quick")
    space, verdict = loaded(advice.code(data=path)), advice.verdict
    assert verdict.steps == verdict.full_steps
    checked = next(trial for trial in verdict.trials if trial.mean == verdict.held_out_loss)
    space.LEARNING_RATE = checked.learning_rate  # the advised one lies close beside it
    table = space.read(str(path))
    ended = []
    for held_out, _ in zip(rows_that_the_check_held_out(path, "hwy"), checked.losses, strict=False):
        training, others = table.drop(index=held_out), table.iloc[held_out]
        encoding, scale = space.encoder(), space.StandardScaler()
        x, y = encoding.fit_transform(training), scale.fit_transform(training[["hwy"]]).ravel()
        for seed in range(4):
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(seed)
                model = space.make_model(x.shape[1], 1)
                space.train(model, space.numbers(x), space.numbers(y))
            outputs = space.outputs_of(model, space.numbers(encoding.transform(others)))
            ended.append(float(np.mean((outputs[:, 0] - scale.transform(others[["hwy"]]).ravel()) ** 2)))
    assert np.mean(ended) == pytest.approx(verdict.held_out_loss, rel=0.15)


@pytest.mark.slow
def test_early_stopping_is_in_the_program_when_it_was_planned(tmp_path: Path) -> None:
    path = EXAMPLES / "penguins.csv"
    plan = advisor.Plan(early_stopping=True, epochs=60)
    text = advisor.advise("mlp:16", path, plan=plan, budget="none").code(data=path)
    (tmp_path / "train.py").write_text(text, encoding="utf-8")
    assert "PATIENCE = 6" in text
    assert "held-out loss" in run(tmp_path / "train.py")


@pytest.mark.slow
@pytest.mark.parametrize("optimizer", ["sgd", "muon", "adafactor"])
@pytest.mark.parametrize("schedule", ["cosine", "warmup_stable_decay", "cyclical"])
def test_every_optimizer_and_schedule_runs(optimizer: str, schedule: str) -> None:
    plan = advisor.Plan(optimizer=optimizer, schedule=schedule, epochs=3, warmup_fraction=0.1)
    space = loaded(
        advisor.advise("mlp:16,16", EXAMPLES / "fuel_economy.csv", target="hwy", plan=plan, budget="none").code()
    )
    model, x = space.make_model(5, 1), torch.randn(50, 5)
    before = [parameter.detach().clone() for parameter in model.parameters()]
    space.train(model, x, x[:, 0])
    assert all(not torch.equal(old, new) for old, new in zip(before, model.parameters(), strict=True))


@pytest.mark.parametrize(
    ("labels", "known"),
    [
        (["Yes", "no"], {"Yes", "no"}),
        (["Y", "N", "Y", "n"], {"Y", "N"}),
        ([0, 1, 2], {0, 1, 2}),
        (["a", "b"], {"a", "b"}),
    ],
)
def test_predictions_are_classes_as_the_file_names_them(
    labels: list[object],
    known: set[object],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    table = mixed().drop(columns="price")
    table["label"] = [labels[row % (len(labels) - (row % 7 > 0 and labels[-1] == "n"))] for row in range(ROWS)]
    table.to_csv(tmp_path / "t.csv", index=False)
    text, _ = program(tmp_path / "t.csv", "label", epochs=1)
    space = loaded(text)
    monkeypatch.setitem(sys.modules, "train", space)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["train.py"])
    with pytest.raises(SystemExit, match=r"train first, with python train\.py"):
        space.predict("t.csv")
    space.main()
    capsys.readouterr()
    found = space.predict("t.csv")
    assert set(found["prediction"]) <= known
    assert {name for name in found if name.startswith("probability ")} == {f"probability {label}" for label in known}
    table.drop(columns="label").to_csv(tmp_path / "new.csv", index=False)
    assert len(space.predict("new.csv")) == ROWS


@pytest.mark.parametrize(("data", "new"), [("t.csv", "new.csv"), ("t.parquet", "new.parquet"), ("-", "new.csv")])
def test_the_head_of_a_program_names_a_file_of_its_kind_in_lines_that_align(
    data: str, new: str, tmp_path: Path
) -> None:
    mixed().to_csv(tmp_path / "t.csv", index=False)
    advice = advisor.advise("mlp:8", tmp_path / "t.csv", target="price", budget="none")
    train, predict = advice.code(data=data).splitlines()[2:4]
    assert f"train.py predict {new} " in predict
    assert train.index("train, report") == predict.index("predict the rows")
