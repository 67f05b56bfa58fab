"""A value that is not finite is named by row and column before anything trains, unless the model is made for it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - the field's name for it
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

import advisor
from advisor.errors import DataError
from advisor.training.finite import check_finite
from advisor.training.sources import samples_of

DRAWN = torch.Generator().manual_seed(0)
X = torch.randn(60, 3, generator=DRAWN)
Y = X @ torch.tensor([[1.0], [-1.0], [0.5]])


def with_value(tensor: Tensor, place: tuple[int, ...], value: float) -> Tensor:
    changed = tensor.clone()
    changed[place] = value
    return changed


def own_loss(model: nn.Module, batch: Any) -> Tensor:
    x, y = (batch["a"], batch["b"]) if isinstance(batch, dict) else batch
    return F.mse_loss(model(x), y)


NAN_IN_X, INFINITE_Y = with_value(X, (41, 2), math.nan), with_value(Y, (17, 0), math.inf)
SOURCES: dict[str, tuple[Callable[[], Any], str]] = {
    "tensors": (lambda: (NAN_IN_X, Y), "NaN in x, row 41, column 2"),
    "target": (lambda: (X, INFINITE_Y), "an infinite value in y, row 17, column 0"),
    "arrays": (lambda: (NAN_IN_X.numpy(), Y.numpy()), "NaN in x, row 41, column 2"),
    "loader": (lambda: DataLoader(TensorDataset(NAN_IN_X, Y), batch_size=8), "NaN in x, row 41, column 2"),
    "dictionaries": (
        lambda: [{"a": NAN_IN_X[start : start + 10], "b": Y[start : start + 10]} for start in range(0, 60, 10)],
        "NaN in a, row 41, column 2",
    ),
    "ragged batches": (
        lambda: [(NAN_IN_X[:30, :], Y[:30]), (NAN_IN_X[30:, None, :], Y[30:, None])],
        r"NaN in batch 1, x, row 11, position \(0, 2\)",
    ),
}


@pytest.mark.parametrize("source", SOURCES)
def test_the_value_is_named_by_row_and_column(source: str) -> None:
    make, place = SOURCES[source]
    with pytest.raises(DataError, match=f"^train: {place}.*fill such values, drop their rows"):
        advisor.advise(nn.Linear(3, 1), make(), own_loss, epochs=2, batch_size=10, budget="quick")


def test_held_out_data_are_looked_at_too() -> None:
    with pytest.raises(DataError, match=r"^validation: NaN in x, row 41, column 2"):
        advisor.advise(
            nn.Linear(3, 1), (X, Y), "mse", validation=(NAN_IN_X, Y), epochs=2, batch_size=10, budget="quick"
        )


def test_presets_have_no_use_for_missing_values() -> None:
    with pytest.raises(DataError, match=r"^train: NaN in x, row 41, column 2"):
        advisor.advise("mlp", (NAN_IN_X, Y), epochs=2, batch_size=10, budget="none")


class Masking(nn.Module):
    """Reads missing values as zeros."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(3, 1)

    def forward(self, x: Tensor) -> Tensor:
        read: Tensor = self.linear(torch.nan_to_num(x))
        return read


def test_a_model_that_masks_them_may_have_them() -> None:
    check_finite(samples_of((NAN_IN_X, Y)), "train", own_loss, Masking)
    with pytest.raises(DataError, match="y, row 17"):
        check_finite(samples_of((NAN_IN_X, INFINITE_Y)), "train", own_loss, Masking)
