"""Models by name: ``linear``, ``logistic``, ``mlp[:widths]``, ``resnet-tabular[:width,blocks]``, ``cnn``, ``transformer``, ``lstm``."""

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
_TABLES = ("linear", "logistic", "mlp", "resnet-tabular")


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


def preset(name: str) -> Preset:
    """Read a preset's name.

    Raises:
        ModelError: there is no such preset, or its sizes are not positive whole numbers.

    >>> preset("mlp:64,32")
    Preset(kind='mlp', sizes=(64, 32))
    """
    kind, colon, sizes = name.strip().lower().partition(":")
    known = next((item for item in DESCRIPTIONS if item == kind), None)
    if known is None:
        raise ModelError(
            f"no model is called {name!r}{did_you_mean(kind, [*DESCRIPTIONS, 'auto'])} (known: auto, {', '.join(DESCRIPTIONS)})"
        )
    if not colon:
        return Preset(known, _DEFAULTS.get(known, ()))
    if known not in _DEFAULTS:
        raise ModelError(f"{name!r}: {known} takes no sizes")
    try:
        numbers = tuple(int(part) for part in sizes.split(","))
    except ValueError:
        numbers = ()
    if not numbers or min(numbers) < 1 or max(numbers) > 65_536 or len(numbers) > 64:
        raise ModelError(f"{name!r}: sizes are positive whole numbers, such as {known}:{','.join(map(str, _DEFAULTS[known]))}")
    if known == "resnet-tabular" and len(numbers) != 2:
        raise ModelError(f"{name!r}: give width and blocks, such as resnet-tabular:128,2")
    return Preset(known, numbers)


def auto(data: DataFacts) -> str:
    """Size an MLP to a table: the more rows, the wider.

    Two hidden layers once there are a thousand rows; below that one, because a deep net on so few rows only memorises.
    Widths follow the middle of what is tuned on tables of that size (the TabM paper's runs), cut down for speed.
    """
    rows = data.rows or 0
    if rows < 1_000:
        return "mlp:64"
    if rows < 10_000:
        return "mlp:64,64"
    return "mlp:128,128" if rows < 100_000 else "mlp:256,256"
