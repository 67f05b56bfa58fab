"""Train a small net on the fuel economy table and log it: how `fuel_economy_run.csv` was made.

    python examples/train_and_log.py

Nothing of advisor is used here; it is the kind of loop that people have. One mistake is in it on purpose.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import torch
from torch import nn

HERE = Path(__file__).parent
EPOCHS, BATCH_SIZE, LEARNING_RATE = 100, 16, 0.2


def main() -> None:
    """Train with a constant rate and write a row per epoch."""
    torch.manual_seed(0)
    table = pd.get_dummies(pd.read_csv(HERE / "fuel_economy.csv"), dtype=float)
    rows = torch.tensor(((table - table.mean()) / table.std()).to_numpy(), dtype=torch.float32)
    target = table.columns.get_loc("hwy")
    inputs = torch.cat([rows[:, :target], rows[:, target + 1 :]], dim=1)
    order = torch.randperm(len(rows))
    train, test = order[:120], order[120:]

    net = nn.Sequential(nn.Linear(inputs.shape[1], 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))
    optimizer = torch.optim.AdamW(net.parameters(), lr=LEARNING_RATE)

    def loss(chosen: torch.Tensor) -> torch.Tensor:
        return nn.functional.mse_loss(net(inputs[chosen]).squeeze(1), rows[chosen, target])

    with (HERE / "fuel_economy_run.csv").open("w", newline="", encoding="utf-8") as file:
        log = csv.writer(file)
        log.writerow(["epoch", "train_loss", "val_loss", "lr"])
        for epoch in range(1, EPOCHS + 1):
            losses = []
            for chosen in train[torch.randperm(len(train))].split(BATCH_SIZE):
                value = loss(chosen)
                optimizer.zero_grad()
                value.backward()
                optimizer.step()
                losses.append(value.item())
            with torch.no_grad():
                held_out = loss(test).item()
            log.writerow([epoch, f"{sum(losses) / len(losses):.5f}", f"{held_out:.5f}", LEARNING_RATE])


if __name__ == "__main__":
    main()
