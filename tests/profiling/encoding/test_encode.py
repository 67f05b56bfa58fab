from __future__ import annotations

import datetime as dt
import subprocess
import sys
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from advisor.errors import DataError
from advisor.facts import ColumnFacts, DataFacts
from advisor.profiling.encoding.encode import Encoded, encode, encode_design
from advisor.profiling.encoding.target import split


@dataclass(frozen=True)
class FakeStudy:
    facts: DataFacts
    sample: pa.Table
    source_name: str = "fake"


def study_of(columns: dict[str, tuple[str, object]], target: str = "y", task: str = "regression") -> FakeStudy:
    """Build a study from ``name -> (kind, values or arrow array)``."""
    facts = tuple(
        ColumnFacts(name=name, kind=kind, role="target" if name == target else "feature")
        for name, (kind, _) in columns.items()
    )
    table = pa.Table.from_arrays(
        [v if isinstance(v, pa.Array | pa.ChunkedArray) else pa.array(v) for _, v in columns.values()],
        names=list(columns),
    )
    return FakeStudy(DataFacts(columns=facts, target_name=target, task=task), table)


def numeric(rows: int, seed: int = 0) -> list[float]:
    return np.random.default_rng(seed).normal(size=rows).tolist()


def fitted(encoded: Encoded) -> Encoded:
    """Return the rows that encoding learned from."""
    return replace(encoded, x=encoded.x[: encoded.fitted_rows], y=encoded.y[: encoded.fitted_rows])


def set_aside(encoded: Encoded) -> Encoded:
    """Return the others."""
    return replace(encoded, x=encoded.x[encoded.fitted_rows :], y=encoded.y[encoded.fitted_rows :])


def column(encoded: Encoded, name: str) -> np.ndarray:
    at = encoded.feature_names.index(name)
    return encoded.x[:, at]


def finite(encoded: Encoded) -> bool:
    return bool(np.isfinite(encoded.x).all())


def test_numbers_are_standardised_on_training_rows_only():
    rng = np.random.default_rng(1)
    study = study_of({"a": ("numeric", rng.normal(1e6, 5, 400)), "y": ("numeric", rng.normal(50, 3, 400))})
    out = encode(study)
    assert fitted(out).x.shape == (320, 1)
    assert set_aside(out).x.shape == (80, 1)
    assert fitted(out).x.dtype == np.float32
    assert fitted(out).x.mean() == pytest.approx(0, abs=1e-5)
    assert fitted(out).x.std() == pytest.approx(1, abs=1e-5)
    assert abs(set_aside(out).x.mean()) > 1e-4
    assert fitted(out).y.mean() == pytest.approx(0, abs=1e-5)
    assert fitted(out).y.std() == pytest.approx(1, abs=1e-5)
    assert out.target_mean == pytest.approx(50, abs=0.5)
    assert out.target_std == pytest.approx(3, rel=0.1)


def test_far_outliers_are_drawn_in_and_keep_their_order():
    values = np.random.default_rng(2).normal(size=500)
    values[:3] = [1e3, 1e6, -1e9]
    out = encode_design(pa.table({"a": values}), [ColumnFacts(name="a", kind="numeric")], None, None)
    assert np.abs(out.x).max() < 10
    assert out.x[1, 0] >= out.x[0, 0] > out.x[3:].max()
    assert out.x[2, 0] < out.x[3:].min()
    inner = np.sort(values[3:])
    assert np.corrcoef(np.sort(out.x[3:, 0]), inner)[0, 1] > 0.999


def test_missing_numbers_become_the_training_median_with_an_indicator():
    values = numeric(300)
    values = [None if i % 10 == 0 else v for i, v in enumerate(values)]
    out = encode_design(pa.table({"a": pa.array(values)}), [ColumnFacts(name="a", kind="numeric")], None, None)
    assert out.feature_names == ("a", "a missing")
    assert out.raw_x[0, 0] == pytest.approx(np.median([v for v in values if v is not None]))
    assert out.x[:, 1].tolist() == [float(i % 10 == 0) for i in range(300)]


def test_little_missing_has_no_indicator():
    values = [None, *numeric(300)]
    out = encode_design(pa.table({"a": pa.array(values)}), [ColumnFacts(name="a", kind="numeric")], None, None)
    assert out.feature_names == ("a",)


def test_infinite_values_count_as_missing():
    values = numeric(100)
    values[:5] = [float("inf"), float("-inf"), float("nan"), 1e308, -1e308]
    study = study_of({"a": ("numeric", values), "y": ("numeric", numeric(100, 3))})
    out = encode(study)
    assert finite(out)
    assert out.feature_names == ("a", "a missing")


def test_a_column_missing_in_all_training_rows_is_left_out():
    table = {"row": ("numeric", [float(i) for i in range(50)]), "y": ("numeric", numeric(50))}
    rows = set_aside(encode(study_of(table))).x[:, 0]  # which rows are held out depends on seed and count only
    train = fitted(encode(study_of(table))).x[:, 0]
    ranks = np.argsort(np.argsort(np.concatenate([train, rows])))
    held_out = set(ranks[len(train) :].tolist())
    assert len(held_out) == 10
    sparse = [float(i) if i in held_out else None for i in range(50)]
    out = encode(study_of({**table, "b": ("numeric", sparse)}))
    assert out.feature_names == ("row",)
    assert finite(out)


def test_categories_become_one_input_per_level():
    words = ["red", "green", "blue", "red"] * 50
    study = study_of({"c": ("categorical", words), "y": ("numeric", numeric(200))})
    out = encode(study)
    assert out.feature_names == ("c=blue", "c=green", "c=red")
    assert np.array_equal(fitted(out).x.sum(axis=1), np.ones(160, dtype=np.float32))


def test_two_levels_become_one_input():
    study = study_of({"c": ("categorical", ["x", "z"] * 50), "y": ("numeric", numeric(100))})
    assert encode(study).feature_names == ("c=z",)


def test_many_levels_are_capped_and_rare_ones_merged():
    rng = np.random.default_rng(3)
    words = [f"level {int(v)}" for v in rng.zipf(1.3, 3000) % 1000]
    study = study_of({"c": ("categorical", words), "y": ("numeric", numeric(3000))})
    out = encode(study)
    assert 10 < len(out.feature_names) <= 50
    assert out.feature_names[-1] == "c=(other)"
    assert np.array_equal(fitted(out).x.sum(axis=1), np.ones(len(fitted(out).x), dtype=np.float32))


def test_levels_unseen_in_training_are_zeros():
    words = ["a", "b", "c"] * 33 + ["only once"]
    study = study_of({"c": ("categorical", words), "y": ("numeric", numeric(100))})
    seeds = [encode(study, seed=seed) for seed in range(12)]
    assert all(finite(out) for out in seeds)
    assert any((set_aside(out).x.sum(axis=1) == 0).any() for out in seeds)


@pytest.mark.parametrize(
    ("words", "ones"),
    [
        (["Yes", "no", None, "YES"] * 25, {0, 3}),
        (["m", "f", "m", "m"] * 25, {0, 2, 3}),
        (["1", "0", "1", "0"] * 25, {0, 2}),
    ],
)
def test_booleans_as_words(words: list[str | None], ones: set[int]):
    out = encode_design(pa.table({"b": pa.array(words)}), [ColumnFacts(name="b", kind="boolean")], None, None)
    known = [i for i in range(100) if words[i] is not None]
    assert out.x[known, 0].tolist() == [float(i % 4 in ones) for i in known]


def test_booleans_of_arrow():
    out = encode_design(
        pa.table({"b": pa.array([True, False] * 20)}), [ColumnFacts(name="b", kind="boolean")], None, None
    )
    assert out.x[:, 0].tolist() == [1.0, 0.0] * 20


@pytest.mark.parametrize("form", ["date32", "timestamp", "zoned", "text"])
def test_dates_become_days_and_cycles(form: str):
    days = [dt.datetime(2020, 1, 1, tzinfo=dt.UTC) + dt.timedelta(days=3 * i) for i in range(300)]
    values = {
        "date32": pa.array([d.date() for d in days]),
        "timestamp": pa.array([d.replace(tzinfo=None) for d in days]),
        "zoned": pa.array(days),
        "text": pa.array([d.date().isoformat() for d in days]),
    }[form]
    out = encode_design(pa.table({"d": values}), [ColumnFacts(name="d", kind="date")], None, None)
    assert out.feature_names[0] == "d"
    assert "d time of year sin" in out.feature_names
    assert "d day of week cos" in out.feature_names
    assert "d time of day sin" not in out.feature_names
    assert np.allclose(np.diff(out.raw_x[:, 0]), 3.0)
    assert out.raw_x[0, 0] == (days[0] - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)).days


def test_ids_text_constants_and_dropped_columns_are_left_out():
    table = {
        "id": ("identifier", list(range(60))),
        "t": ("text", ["some words"] * 60),
        "k": ("constant", [1.0] * 60),
        "e": ("empty", pa.nulls(60)),
        "a": ("numeric", numeric(60)),
        "y": ("numeric", numeric(60, 1)),
    }
    study = study_of(table)
    dropped = study.facts.columns[4].model_copy(update={"role": "dropped"})
    assert encode(study).feature_names == ("a",)
    none_left = FakeStudy(
        study.facts.model_copy(update={"columns": (*study.facts.columns[:4], dropped, study.facts.columns[5])}),
        study.sample,
    )
    with pytest.raises(DataError, match="no usable feature"):
        encode(none_left)


def test_hostile_and_colliding_names_stay_apart():
    names = ["<script>alert(1)</script>", "c", "c=x", "", "a\nb", "c missing"]
    table = {name: ("numeric", numeric(80, i)) for i, name in enumerate(names)}
    table["c"] = ("categorical", ["x", "w", "v", None] * 20)
    table["y"] = ("numeric", numeric(80, 9))
    out = encode(study_of(table))
    assert len(set(out.feature_names)) == len(out.feature_names) == fitted(out).x.shape[1]
    assert "<script>alert(1)</script>" in out.feature_names
    assert {"c=x", "c=x (2)", "c missing", "c missing (2)"} <= set(out.feature_names)


@pytest.mark.parametrize(
    "values",
    [
        pa.array([1, 2, None, 2**62] * 20, pa.int64()),
        pa.array([1, 2, 3, 255] * 20, pa.uint8()),
        pa.chunked_array([pa.array([1.5, None] * 20, pa.float32()), pa.array([2.5, 3.5] * 20, pa.float32())]),
        pa.array(["1.5", "2", "x", None] * 20).dictionary_encode(),
        pa.array([1, 2, 3, 4] * 20, pa.int32()).cast(pa.decimal128(12, 2)),
        pa.array([9.0, 9.0, *([1.0, 2.0, 3.0, None] * 20)]).slice(2),
    ],
)
def test_numbers_of_any_arrow_type(values: pa.Array | pa.ChunkedArray):
    out = encode_design(pa.table({"a": values}), [ColumnFacts(name="a", kind="numeric")], None, None)
    assert out.x.shape[0] == 80
    assert np.isfinite(out.x).all()
    expected = [float("nan") if v in {None, "x"} else float(v) for v in values.to_pylist()]
    known = ~np.isnan(expected)
    assert np.allclose(out.raw_x[known, 0], np.asarray(expected)[known])


def test_labels_are_sorted_as_numbers_when_they_are_numbers():
    study = study_of({"a": ("numeric", numeric(90)), "y": ("integer", [10, 9, 2] * 30)}, task="multiclass")
    out = encode(study)
    assert out.class_names == ("2", "9", "10")
    assert fitted(out).y.dtype == np.int64
    assert out.target_mean is None


def test_labels_of_words_booleans_and_floats():
    for values, names in [
        (["no", "yes"] * 40, ("no", "yes")),
        ([True, False] * 40, ("False", "True")),
        ([1.0, 2.0] * 40, ("1", "2")),
    ]:
        study = study_of({"a": ("numeric", numeric(80)), "y": ("categorical", values)}, task="binary")
        assert encode(study).class_names == names


def test_classes_are_split_evenly_and_single_rows_stay_in_training():
    labels = ["common"] * 90 + ["some"] * 9 + ["once"]
    study = study_of({"a": ("numeric", numeric(100)), "y": ("categorical", labels)}, task="multiclass")
    for seed in range(5):
        out = encode(study, seed=seed)
        train, valid = np.bincount(fitted(out).y, minlength=3), np.bincount(set_aside(out).y, minlength=3)
        assert dict(zip(out.class_names, train + valid, strict=True)) == {"common": 90, "some": 9, "once": 1}
        assert train[out.class_names.index("once")] == 1
        assert valid[out.class_names.index("common")] == 18


def test_many_small_classes_still_give_a_validation_part():
    labels = [f"class {i // 2}" for i in range(100)]
    study = study_of({"a": ("numeric", numeric(100)), "y": ("categorical", labels)}, task="multiclass")
    assert 15 <= len(set_aside(encode(study)).y) <= 25


@given(
    counts=st.lists(st.integers(1, 40), min_size=2, max_size=6),
    share=st.floats(0.05, 0.6),
    seed=st.integers(0, 5),
)
@settings(max_examples=60, deadline=None)
def test_split_parts_all_rows_and_keeps_every_class_in_training(counts: list[int], share: float, seed: int):
    labels = np.repeat(np.arange(len(counts)), counts)
    if max(counts) < 2:
        with pytest.raises(DataError):
            split(labels, len(labels), share, np.random.default_rng(seed))
        return
    train, valid = split(labels, len(labels), share, np.random.default_rng(seed))
    assert sorted([*train, *valid]) == list(range(len(labels)))
    assert len(valid) >= 1
    assert set(labels[train]) == set(labels)
    if min(counts) > 4 / share:
        assert len(valid) == pytest.approx(share * len(labels), abs=1)


def test_rows_without_a_target_are_left_out():
    y = [None if i % 4 == 0 else v for i, v in enumerate(numeric(100))]
    y[1] = float("inf")
    study = study_of({"a": ("numeric", numeric(100, 1)), "y": ("numeric", pa.array(y))})
    out = encode(study)
    assert len(fitted(out).y) + len(set_aside(out).y) == 74


def test_row_cap_is_seeded():
    study = study_of({"a": ("numeric", numeric(1000)), "y": ("numeric", numeric(1000, 1))})
    first, again, other = (encode(study, max_rows=100, seed=seed) for seed in (0, 0, 1))
    assert len(fitted(first).y) + len(set_aside(first).y) == 100
    assert fitted(first).x.tobytes() == fitted(again).x.tobytes()
    assert set_aside(first).y.tobytes() == set_aside(again).y.tobytes()
    assert fitted(first).x.tobytes() != fitted(other).x.tobytes()
    assert encode_design(study.sample, study.facts.columns, "y", "regression", max_rows=50).x.shape == (50, 1)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"target_name": None}, "no target"),
        ({"task": None}, "no target"),
        ({"target_name": "absent"}, "absent"),
        ({"task": "unsupervised"}, "unsupervised"),
    ],
)
def test_unusable_targets(change: dict[str, object], text: str):
    study = study_of({"a": ("numeric", numeric(30)), "y": ("numeric", numeric(30, 1))})
    with pytest.raises(DataError, match=text):
        encode(FakeStudy(study.facts.model_copy(update=change), study.sample))


@pytest.mark.parametrize(
    ("task", "values", "text"),
    [
        ("regression", [3.0] * 30, "one value"),
        ("regression", [None] * 30, "no row"),
        ("regression", [1.0] + [None] * 29, "at least one"),
        ("binary", ["x"] * 30, "at least two"),
        ("multiclass", [str(i) for i in range(30)], "single row"),
    ],
)
def test_degenerate_targets(task: str, values: list[object], text: str):
    study = study_of({"a": ("numeric", numeric(30)), "y": ("categorical", values)}, task=task)
    with pytest.raises(DataError, match=text):
        encode(study)


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, 2.0])
def test_validation_share_must_leave_both_parts(share: float):
    study = study_of({"a": ("numeric", numeric(30)), "y": ("numeric", numeric(30, 1))})
    with pytest.raises(DataError, match="set_aside="):
        encode(study, set_aside=share)


def test_huge_and_tiny_values_do_not_overflow():
    scale = np.geomspace(1e-300, 1e300, 60)
    study = study_of(
        {"a": ("numeric", scale), "b": ("numeric", scale * 1e-20), "y": ("numeric", numeric(60) + scale * 0)}
    )
    out = encode(study)
    assert finite(out)
    large = study_of({"a": ("numeric", numeric(60)), "y": ("numeric", np.asarray(numeric(60)) * 1e200)})
    out = encode(large)
    assert np.isfinite(fitted(out).y).all()
    assert fitted(out).y.std() == pytest.approx(1, abs=1e-4)


@given(
    values=st.lists(st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True)), min_size=4, max_size=60),
)
@settings(max_examples=100, deadline=None)
def test_any_numbers_give_finite_inputs(values: list[float | None]):
    out = encode_design(
        pa.table({"a": pa.array(values, pa.float64())}), [ColumnFacts(name="a", kind="numeric")], None, None
    )
    assert np.isfinite(out.x).all()
    assert out.x.shape == (len(values), len(out.feature_names))


@given(values=st.lists(st.one_of(st.none(), st.text(max_size=4)), min_size=4, max_size=60))
@settings(max_examples=100, deadline=None)
def test_any_words_give_finite_inputs(values: list[str | None]):
    for kind in ("categorical", "boolean", "date", "numeric"):
        table = pa.table({"a": pa.array(values, pa.string())})
        out = encode_design(table, [ColumnFacts(name="a", kind=kind)], None, None)
        assert np.isfinite(out.x).all()
        assert len(set(out.feature_names)) == len(out.feature_names)


def test_matches_scikit_learn_on_plain_tables():
    rng = np.random.default_rng(4)
    a, b = rng.uniform(-1, 1, 200), rng.uniform(5, 6, 200)
    b[0] = np.nan
    c = rng.choice(["p", "q", "r"], 200)
    out = encode_design(
        pa.table({"a": a, "b": b, "c": c.tolist()}),
        [ColumnFacts(name=n, kind=k) for n, k in (("a", "numeric"), ("b", "numeric"), ("c", "categorical"))],
        None,
        None,
    )
    number = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    transformer = ColumnTransformer([("n", number, [0, 1]), ("c", OneHotEncoder(sparse_output=False), [2])])
    table = np.empty((200, 3), dtype=object)
    table[:, 0], table[:, 1], table[:, 2] = a, b, c
    assert np.allclose(out.x, transformer.fit_transform(table).astype(float), atol=1e-5)


def test_no_pandas_is_imported():
    code = (
        "import io, sys, pyarrow.csv\n"
        "from advisor.facts import ColumnFacts\n"
        "from advisor.profiling.encoding.encode import encode_design\n"
        "table = pyarrow.csv.read_csv(io.BytesIO(b'a,c,d\\n1.0,x,2020-01-01\\n,,2020-02-01\\n3.0,z,2021-01-01\\n'))\n"
        "kinds = (('a', 'numeric'), ('c', 'categorical'), ('d', 'date'))\n"
        "encode_design(table, [ColumnFacts(name=n, kind=k) for n, k in kinds], 'a', 'regression')\n"
        "print([m for m in ('pandas', 'scipy', 'sklearn', 'torch') if m in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
