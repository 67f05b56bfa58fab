"""One rank of a distributed job; started by ``test_distributed``."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.utils.data import DataLoader, DistributedSampler, TensorDataset

import advisor


def main(case: str, folder: Path) -> None:
    rank = int(os.environ["RANK"])
    if case != "no group":
        dist.init_process_group("gloo")
    generator = torch.Generator().manual_seed(3)
    x = torch.randn(160, 6, generator=generator)
    y = (x[:, 0] > 0).long()
    data = TensorDataset(x, y)
    torch.manual_seed(rank)  # every rank starts from other weights; DDP and advisor take those of rank 0
    model = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 2))
    train = DataLoader(data, batch_size=8, sampler=DistributedSampler(data, 2, rank) if case != "no group" else None)
    if case != "no group":
        model = nn.parallel.DistributedDataParallel(model)
    if case == "same data":
        order = torch.randperm(160, generator=torch.Generator().manual_seed(rank))
        train = [(x[rows], y[rows]) for rows in order.split(8)]
    if case == "rank 1 fails":
        train = train if rank == 0 else []

    def loss(module: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
        if case == "rank 0 fails":
            raise ZeroDivisionError("the user's loss fails")
        if case == "one by one":
            float(module(batch[0]).detach().sum())  # which no ensemble can
            with (folder / f"{os.environ['RANK']}.batches").open("ab") as batches:
                batches.write(b".")
        return nn.functional.cross_entropy(module(batch[0]), batch[1])

    try:
        settings = {"optimizer": "adamw", "schedule": "cosine"} if case == "one by one" else {}
        text = advisor.advise(model, train, loss, epochs=2, budget="quick", **settings).to_json()
    except advisor.AdvisorError as error:
        text = f"{type(error).__name__}: {error}"
    (folder / f"{rank}.txt").write_text(text, encoding="utf-8")
    if dist.is_initialized():
        probe = torch.tensor([1.0])
        dist.all_reduce(probe)  # the user's own group still works
        assert probe.item() == 2.0
        dist.destroy_process_group()


main(sys.argv[1], Path(sys.argv[2]))
# A gloo thread of torch may let go of the last tensor only while the interpreter shuts down, and abort the process.
os._exit(0)
