"""Make ``training_log.csv``: a small net on the penguins, trained with a learning rate that is too high and no decay.

    python examples/make_training_log.py

SGD with momentum 0.9 at 0.4, batch 16, 40 epochs, seed 0; both losses are noted after every epoch.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import torch
from torch import nn

HERE = Path(__file__).parent
RATE, BATCH, EPOCHS = 0.4, 16, 40


def tensors() -> tuple[torch.Tensor, torch.Tensor]:
    """Return standardised measures, shape (rows, 4), and species, shape (rows,)."""
    table = pd.read_csv(HERE / "penguins.csv").dropna()
    measures = table.select_dtypes("number").iloc[:, :4]
    x = torch.tensor(((measures - measures.mean()) / measures.std()).to_numpy(), dtype=torch.float32)
    return x, torch.tensor(pd.factorize(table["species"], sort=True)[0])


def main() -> None:
    """Train and write the log."""
    torch.manual_seed(0)
    x, y = tensors()
    order = torch.randperm(len(x))
    held, rest = order[: len(x) // 5], order[len(x) // 5 :]
    model = nn.Sequential(nn.Linear(4, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 3))
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE, momentum=0.9)
    lines = ["epoch,train_loss,val_loss,lr"]
    for epoch in range(EPOCHS):
        total = 0.0
        for rows in rest[torch.randperm(len(rest))].split(BATCH):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x[rows]), y[rows])
            loss.backward()
            optimizer.step()
            total += float(loss.detach()) * len(rows)
        with torch.no_grad():
            tested = float(nn.functional.cross_entropy(model(x[held]), y[held]))
        lines.append(f"{epoch},{total / len(rest):.4f},{tested:.4f},{RATE}")
    (HERE / "training_log.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
