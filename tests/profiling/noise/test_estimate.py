from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_iris,
    make_classification,
    make_friedman1,
    make_moons,
)

from advisor.facts import NoiseFacts
from advisor.profiling.noise.estimate import MAX_ROWS, MIN_ROWS, estimate_noise

REGRESSION_BAR = 0.10
CLASS_BAR = 0.07


def regression_table(name: str, rows: int, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng([seed, 31])
    match name:
        case "linear":
            x = rng.normal(size=(rows, 12))
            clean = x @ rng.normal(size=12)
        case "friedman1":
            x, clean = make_friedman1(rows, 10, random_state=seed)
        case _:
            x = rng.normal(size=(rows, 6))
            clean = np.sin(2 * x[:, 0]) + x[:, 1] * x[:, 2]
    noise = rng.normal(size=rows)
    return x, np.sqrt(1 - share) * (clean - clean.mean()) / clean.std() + np.sqrt(share) * noise


def class_table(name: str, rows: int, flips: float, seed: int) -> tuple[np.ndarray, np.ndarray, float]:
    rng = np.random.default_rng([seed, 32])
    match name:
        case "two classes":
            x, y = make_classification(
                rows, 20, n_informative=5, n_clusters_per_class=1, class_sep=1.2, flip_y=0, random_state=seed
            )
        case "four classes":
            x, y = make_classification(
                rows, 15, n_informative=6, n_classes=4, n_clusters_per_class=1, flip_y=0, random_state=seed
            )
        case "moons":
            x, y = make_moons(rows, noise=0.25, random_state=seed)
        case _:
            x = rng.normal(size=(rows, 8))
            y = (x @ rng.normal(size=8) > 0).astype(int)
    flipped = rng.random(rows) < flips
    classes = y.max() + 1
    return x, np.where(flipped, (y + rng.integers(1, classes, rows)) % classes, y), float(flipped.mean())


REGRESSION_GRID = [
    (name, rows, share)
    for name in ("linear", "friedman1", "curved")
    for rows, shares in ((500, (0.2,) if name == "curved" else (0.2, 0.8)), (2_000, (0.5,)))
    for share in shares
]
CLASS_GRID = [
    (name, rows, flips)
    for name in ("two classes", "four classes", "moons", "linear border")
    for rows, rates in ((500, (0.2,)), (2_000, (0.4,)))
    for flips in rates
]


@pytest.mark.parametrize(("name", "rows", "share"), REGRESSION_GRID)
def test_unexplained_variance_is_within_a_tenth(name: str, rows: int, share: float):
    x, y = regression_table(name, rows, share, seed=rows)
    noise = estimate_noise(x, y, "regression")
    assert noise.unexplained == pytest.approx(share, abs=REGRESSION_BAR)
    assert noise.level == noise.unexplained
    assert noise.label_flips is None
    assert noise.lower <= noise.level <= noise.upper
    assert noise.lower - 0.03 <= share <= noise.upper + 0.03


@pytest.mark.parametrize(("name", "rows", "flips"), CLASS_GRID)
def test_label_flips_are_within_seven_hundredths(name: str, rows: int, flips: float):
    x, y, truth = class_table(name, rows, flips, seed=rows)
    noise = estimate_noise(x, y, "multiclass")
    assert noise.label_flips == pytest.approx(truth, abs=CLASS_BAR)
    assert noise.level == noise.label_flips
    assert noise.unexplained is None
    assert noise.lower <= noise.level <= noise.upper
    assert noise.lower - 0.03 <= truth <= noise.upper + 0.03


def test_large_tables_are_sampled():
    x, y = regression_table("friedman1", 20_000, 0.3, seed=1)
    assert estimate_noise(x, y, "regression").unexplained == pytest.approx(0.3, abs=0.03)
    x, y, truth = class_table("four classes", 20_000, 0.3, seed=1)
    assert estimate_noise(x, y, "multiclass").label_flips == pytest.approx(truth, abs=0.03)
    assert len(x) > MAX_ROWS


@pytest.mark.slow
def test_intervals_cover_the_truth_mostly():
    inside = []
    for seed in range(12):
        share = (0.0, 0.2, 0.4, 0.8)[seed % 4]
        x, y = regression_table(("linear", "friedman1", "curved")[seed % 3], 400, share, seed)
        noise = estimate_noise(x, y, "regression")
        inside.append(noise.lower <= share <= noise.upper)
        x, y, truth = class_table(("two classes", "moons")[seed % 2], 400, share / 2, seed)
        noise = estimate_noise(x, y, "binary")
        inside.append(noise.lower <= truth <= noise.upper)
    assert np.mean(inside) >= 0.75


@pytest.mark.parametrize("loader", [load_iris, load_breast_cancer, load_digits])
def test_clean_real_labels_have_few_flips(loader):
    table = loader()
    rows = slice(0, None, 2 if len(table.target) > 1000 else 1)
    noise = estimate_noise(table.data[rows], table.target[rows], "multiclass")
    assert noise.label_flips < 0.03
    assert noise.upper < 0.08


def test_flips_added_to_real_labels_are_found():
    table = load_breast_cancer()
    rng = np.random.default_rng(0)
    flipped = rng.random(len(table.target)) < 0.2
    noise = estimate_noise(table.data, np.where(flipped, 1 - table.target, table.target), "binary")
    assert noise.label_flips == pytest.approx(flipped.mean(), abs=CLASS_BAR)


def test_diabetes_is_about_half_explained():
    table = load_diabetes()
    assert 0.35 < estimate_noise(table.data, table.target, "regression").unexplained < 0.65


def test_overlap_of_classes_is_not_taken_for_flips():
    rng = np.random.default_rng(3)
    x = rng.normal(size=(4_000, 3))
    y = rng.random(4_000) < 1 / (1 + np.exp(-3 * x.sum(axis=1) / np.sqrt(3)))
    best_error = np.minimum(*(1 / (1 + np.exp(sign * 3 * x.sum(axis=1) / np.sqrt(3))) for sign in (1, -1))).mean()
    noise = estimate_noise(x, y, "binary")
    assert best_error > 0.15
    assert noise.label_flips < 0.05


def test_pure_noise_is_unexplained():
    rng = np.random.default_rng(4)
    x = rng.normal(size=(1_000, 8))
    assert estimate_noise(x, rng.normal(size=1_000), "regression").unexplained > 0.95
    assert estimate_noise(x, rng.integers(0, 2, 1_000), "binary").label_flips > 0.4


def test_noiseless_is_explained():
    rng = np.random.default_rng(5)
    x = rng.normal(size=(800, 8))
    noise = estimate_noise(x, x @ np.arange(8.0), "regression")
    assert noise.unexplained < 0.01
    assert noise.lower == 0.0


def test_scale_offset_and_unit_of_features_and_target_do_not_matter():
    x, y = regression_table("friedman1", 200, 0.3, seed=2)
    moved = x * np.geomspace(1e-8, 1e8, 10) + np.linspace(-5, 5, 10) * np.geomspace(1e-8, 1e8, 10)
    plain, other = estimate_noise(x, y, "regression"), estimate_noise(moved, 1e6 * y - 3e6, "regression")
    assert other.level == pytest.approx(plain.level, abs=0.01)
    assert other.upper == pytest.approx(plain.upper, abs=0.01)


def test_names_of_classes_do_not_matter():
    x, y, _ = class_table("four classes", 120, 0.2, seed=2)
    names = np.array(["a", "b", "c", "d"])
    assert estimate_noise(x, y, "multiclass") == estimate_noise(x, names.astype(object)[y], "multiclass")


def test_order_of_rows_and_features_matters_little():
    x, y = regression_table("friedman1", 500, 0.3, seed=3)
    rng = np.random.default_rng(0)
    rows, columns = rng.permutation(500), rng.permutation(10)
    plain = estimate_noise(x, y, "regression")
    assert estimate_noise(x[rows], y[rows], "regression").level == pytest.approx(plain.level, abs=0.04)
    assert estimate_noise(x[:, columns], y, "regression").level == pytest.approx(plain.level, abs=0.04)


def test_same_seed_same_answer_and_no_global_random_state():
    x, y, _ = class_table("moons", 100, 0.1, seed=4)
    state = np.random.get_state()[1].tobytes()  # noqa: NPY002  # shown untouched
    first, again = estimate_noise(x, y, "binary", seed=1), estimate_noise(x, y, "binary", seed=1)
    assert first == again
    assert first != estimate_noise(x, y, "binary", seed=2)
    assert np.random.get_state()[1].tobytes() == state  # noqa: NPY002


def test_useless_features_and_holes_do_no_harm():
    x, y = regression_table("linear", 500, 0.3, seed=5)
    rng = np.random.default_rng(0)
    extra = np.column_stack([np.ones(500), np.full(500, np.nan), np.zeros(500), np.full(500, 1e30)])
    noise = estimate_noise(np.column_stack([extra, x]), y, "regression")
    assert noise.unexplained == pytest.approx(0.3, abs=REGRESSION_BAR)
    holes = x.copy()
    holes[rng.random(500) < 0.02, 0] = np.nan
    holes[rng.random(500) < 0.02, 1] = np.inf
    assert 0.2 < estimate_noise(holes, y, "regression").unexplained < 0.5
    target = y.copy()
    target[:20] = np.nan
    target[20:40] = np.inf
    assert estimate_noise(x, target, "regression").unexplained == pytest.approx(0.3, abs=REGRESSION_BAR)


def test_repeated_rows_are_not_remembered():
    x, y = regression_table("curved", 300, 0.5, seed=6)
    once = estimate_noise(x, y, "regression")
    rows = np.concatenate([np.arange(300), np.arange(200)])
    assert estimate_noise(x[rows], y[rows], "regression").level == pytest.approx(once.level, abs=0.12)


def test_coarse_tables_keep_their_repeated_rows():
    rng = np.random.default_rng(7)
    x = rng.integers(0, 3, size=(2_000, 2)).astype(float)
    y = np.where(rng.random(2_000) < 0.15, 1 - (x[:, 0] > 0), x[:, 0] > 0)
    assert estimate_noise(x, y, "binary").label_flips == pytest.approx(0.15, abs=0.04)


def test_more_features_than_rows():
    rng = np.random.default_rng(8)
    x = rng.normal(size=(150, 900))
    y = x[:, :2].sum(axis=1) + rng.normal(size=150)
    noise = estimate_noise(x, y, "regression")
    assert 0.0 <= noise.lower <= noise.level <= noise.upper <= 1.0
    assert noise.upper - noise.lower > 0.1


def test_many_classes_are_cut_to_the_frequent_ones():
    rng = np.random.default_rng(9)
    y = rng.integers(0, 60, 1_200)
    x = rng.normal(size=(60, 4))[y] * 5 + rng.normal(size=(1_200, 4)) * 0.2
    assert estimate_noise(x, y, "multiclass").label_flips < 0.1


@pytest.mark.parametrize("rows", [40, 100])
def test_few_rows_give_a_wide_interval(rows: int):
    x, y = regression_table("linear", rows, 0.4, seed=rows)
    noise = estimate_noise(x, y, "regression")
    assert noise.upper - noise.lower > 0.15
    assert noise.lower <= noise.level <= noise.upper


UNKNOWN = NoiseFacts()


@pytest.mark.parametrize(
    ("x", "y", "task"),
    [
        (np.zeros((0, 3)), np.zeros(0), "regression"),
        (np.random.default_rng(0).normal(size=(MIN_ROWS - 1, 3)), np.arange(MIN_ROWS - 1.0), "regression"),
        (np.ones((100, 3)), np.arange(100.0), "regression"),
        (np.zeros((100, 0)), np.arange(100.0), "regression"),
        (np.random.default_rng(0).normal(size=(100, 3)), np.full(100, 7.0), "regression"),
        (np.random.default_rng(0).normal(size=(100, 3)), np.full(100, np.nan), "regression"),
        (np.random.default_rng(0).normal(size=(100, 3)), np.zeros(100), "binary"),
        (np.random.default_rng(0).normal(size=(100, 3)), np.arange(100) % 2, None),
        (np.random.default_rng(0).normal(size=(100, 3)), np.arange(100) % 2, "unsupervised"),
        (np.random.default_rng(0).normal(size=(100, 3, 2)), np.arange(100) % 2, "binary"),
    ],
)
def test_what_cannot_be_estimated_stays_unknown(x: np.ndarray, y: np.ndarray, task: str | None):
    assert estimate_noise(x, y, task) == UNKNOWN


@pytest.mark.parametrize("classes", [2, 50])
def test_every_row_its_own_class_or_a_rare_class(classes: int):
    x = np.random.default_rng(0).normal(size=(100, 3))
    y = np.arange(100) if classes == 50 else np.array([1] + [0] * 99)
    noise = estimate_noise(x, y, "multiclass")
    assert noise == UNKNOWN or 0 <= noise.lower <= noise.level <= noise.upper <= 1


def test_a_heavy_tailed_target_is_handled():
    rng = np.random.default_rng(10)
    x = rng.normal(size=(1_500, 4))
    y = x @ np.ones(4)
    noise = rng.standard_t(2.5, 1_500)
    share = noise.var() / (noise.var() + y.var())
    assert estimate_noise(x, y + noise, "regression").unexplained == pytest.approx(share, abs=0.12)


def test_nothing_heavy_is_imported():
    code = (
        "import sys, numpy as np\n"
        "from advisor.profiling.noise.estimate import estimate_noise\n"
        "x = np.random.default_rng(0).normal(size=(60, 2))\n"
        "estimate_noise(x, x[:, 0], 'regression')\n"
        "print([m for m in ('pandas', 'scipy', 'sklearn', 'torch') if m in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
