"""Labels that stand in the first row of each group alone are told from cells that are missing by chance."""

from __future__ import annotations

import numpy as np
import pytest

from advisor.profiling.reading.group_labels import columns_of_groups


@pytest.mark.parametrize("beside", ["levels", "names", "days"])
def test_cells_that_are_missing_by_chance_name_no_groups(beside: str) -> None:
    rng = np.random.default_rng(0)
    for _ in range(1_500):
        levels, gaps, rows = rng.choice([2, 3, 5, 12, 50]), rng.uniform(0.4, 0.95), rng.choice([8, 12, 20, 40, 100])
        first = np.where(rng.random(rows) < gaps, "", rng.integers(0, levels + 1, rows).astype(str) + np.array("n"))
        cells = {
            "levels": rng.integers(0, levels + 1, rows).astype(str),
            "names": np.arange(rows).astype(str),
            "days": (np.arange(rows) % 28).astype(str),
        }
        table = list(zip(first.tolist(), cells[beside].tolist(), ["1"] * rows, strict=True))
        assert columns_of_groups(table) == 0, table
