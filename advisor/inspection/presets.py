"""Models by name: ``linear``, ``logistic``, ``mlp[:widths]``, ``resnet-tabular[:width,blocks]``, ``cnn[:width]``,
``transformer[:width,layers]``, ``lstm[:width]``, and ``auto`` for a table.
"""  # noqa: D205 - the names are the summary

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from advisor.errors import ModelError, did_you_mean
from advisor.facts import DataFacts

Kind = Literal["linear", "logistic", "mlp", "resnet-tabular", "cnn", "transformer", "lstm"]

DESCRIPTIONS: dict[Kind, str] = {
    "linear": "linear regression",
    "logistic": "logistic regression, softmax for several classes",
    "mlp": "fully connected layers with ReLU; widths after a colon, such as mlp:128,64",
    "resnet-tabular": "residual blocks with layer norm for tables; width and blocks after a colon",
    "cnn": "two convolution stages with batch norm, for images",
    "transformer": "a two-layer pre-norm encoder, for token ids or sequences of vectors",
    "lstm": "one LSTM layer, for token ids or sequences of vectors",
}
_DEFAULTS: dict[Kind, tuple[int, ...]] = {
    "mlp": (128, 64),
    "resnet-tabular": (128, 2),
    "transformer": (64, 2),
    "lstm": (64,),
    "cnn": (32,),
}
"""Sizes when only the kind is said. Judgement: nets that train in seconds on the tables of ``benchmarks/tables.py``."""
_COUNTS: dict[Kind, tuple[int, int]] = {
    "mlp": (1, 64),
    "resnet-tabular": (2, 2),
    "transformer": (1, 2),
    "lstm": (1, 1),
    "cnn": (1, 1),
}
"""How many sizes a preset takes, at least and at most. By definition of the presets; 64 layers are judgement."""
_TABLES = ("linear", "logistic", "mlp", "resnet-tabular")
_LARGEST = 65_536
"""Largest width. Judgement: wider is a slip of the keyboard; two such layers hold 4·10⁹ weights."""


@dataclass(frozen=True, slots=True)
class Preset:
    """A model by name.

    Attributes:
        kind: which model.
        sizes: widths of an MLP; width and blocks of a residual net; width (and layers) of the others.
    """

    kind: Kind
    sizes: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """The name that makes this preset again."""
        return f"{self.kind}:{','.join(map(str, self.sizes))}" if self.sizes else self.kind

    @property
    def for_tables(self) -> bool:
        """Whether the model takes rows of numbers."""
        return self.kind in _TABLES

    @property
    def heads(self) -> int:
        """Attention heads of a transformer: 16 units each, or the next larger size that divides the width."""
        width = self.sizes[0] if self.sizes else 1
        return next(heads for heads in range(max(1, width // 16), 0, -1) if width % heads == 0)


def is_preset_name(name: str) -> bool:
    """Return whether a name can only mean a preset, well-formed or not: ``mlp:128,64``, ``cnn``."""
    return name.strip().lower().partition(":")[0] in {"auto", *DESCRIPTIONS}


def preset(name: str) -> Preset:
    """Read a preset's name.

    Raises:
        ModelError: there is no such preset, or its sizes are not positive whole numbers.

    >>> preset("mlp:64,32")
    Preset(kind='mlp', sizes=(64, 32))
    """
    kind, colon, sizes = name.strip().lower().partition(":")
    if kind == "auto":
        raise ModelError("auto is sized to a table: name the data, or choose a size such as mlp:128,64")
    known = next((item for item in DESCRIPTIONS if item == kind), None)
    if known is None:
        choices = ("auto", *DESCRIPTIONS)
        raise ModelError(f"no model is called {name!r}{did_you_mean(kind, choices)} (known: {', '.join(choices)})")
    if not colon:
        return Preset(known, _DEFAULTS.get(known, ()))
    if known not in _DEFAULTS:
        raise ModelError(f"{name!r}: {known} takes no sizes")
    return Preset(known, _sizes(name, known, sizes))


def _sizes(name: str, kind: Kind, text: str) -> tuple[int, ...]:
    example = f"{kind}:{','.join(map(str, _DEFAULTS[kind]))}"
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() for part in parts):
        raise ModelError(f"{name!r}: sizes are positive whole numbers, such as {example}")
    numbers = tuple(int(part) for part in parts)
    if min(numbers) < 1 or max(numbers) > _LARGEST:
        raise ModelError(f"{name!r}: sizes lie between 1 and {_LARGEST}, such as {example}")
    fewest, most = _COUNTS[kind]
    if not fewest <= len(numbers) <= most:
        count = f"{fewest}" if fewest == most else f"{fewest} to {most}"
        raise ModelError(f"{name!r}: {kind} takes {count} sizes, such as {example}")
    return numbers + _DEFAULTS[kind][len(numbers) :] if kind == "transformer" else numbers


def auto(data: DataFacts) -> str:
    """Size an MLP to a table.

    One hidden layer below a thousand rows, because a deeper net on so few only memorises; two above. Widths are a
    budget of time, not of quality: among the 52 tuned MLPs of the TabM paper (Gorishniy et al. 2024) the width hardly
    depends on the rows (medians 448 to 688 units from 2,000 to 700,000 rows), so ours start far smaller and double as
    rows make the time worth it. A table with more than four features per unit gets a first layer of twice the width.

    >>> auto(DataFacts(rows=20_000, encoded_features=12))
    'mlp:128,128'
    """
    rows, features = data.rows, data.encoded_features or 0
    if rows is None:
        return Preset("mlp", _DEFAULTS["mlp"]).name
    if rows < 1_000:
        return "mlp:32" if rows < 200 else "mlp:64"
    width = 64 if rows < 10_000 else 128 if rows < 100_000 else 256
    first = 2 * width if features > 4 * width else width
    return Preset("mlp", (first, width)).name
