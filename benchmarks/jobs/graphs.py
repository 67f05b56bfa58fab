"""Jobs on generated graphs: whole graphs to classes, and the nodes of one graph to classes."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - the field's name for it
from torch import Tensor, nn

from benchmarks.jobs.constants import of_classes
from benchmarks.jobs.job import Material, loaders


class GraphNet(nn.Module):
    """Sums over neighbours, three times, then a mean over the nodes that are there."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(2, width), nn.Linear(2 * width, width), nn.Linear(2 * width, width)])
        self.norms = nn.ModuleList([nn.LayerNorm(width) for _ in range(3)])
        self.head = nn.Linear(width, 3)

    def forward(self, adjacency: Tensor, there: Tensor) -> Tensor:
        states = there[..., None]
        for layer, norm in zip(self.layers, self.norms, strict=True):
            around = adjacency @ states / 4.0
            states = F.relu(norm(layer(torch.cat([states, around], dim=-1)))) * there[..., None]
        found: Tensor = self.head(states.sum(dim=1) / there.sum(dim=1, keepdim=True))
        return found


def graph_loss(model: nn.Module, batch: Any) -> Tensor:
    """Return the cross-entropy of the kinds of graphs."""
    return F.cross_entropy(model(batch["adjacency"], batch["there"]), batch["kind"])


def _graph(kind: int, nodes: int, draws: torch.Generator) -> Tensor:
    """Return the adjacency of a random graph of about four edges a node: uniform, clustered, or grown by attachment."""
    links = torch.zeros(nodes, nodes)
    match kind:
        case 0:
            links = (torch.rand(nodes, nodes, generator=draws) < 4.0 / nodes).float().triu(1)
        case 1:
            groups = torch.randint(0, 3, (nodes,), generator=draws)
            same = groups[:, None] == groups[None, :]
            chance = torch.where(same, 9.0 / nodes, 1.5 / nodes)
            links = (torch.rand(nodes, nodes, generator=draws) < chance).float().triu(1)
        case _:
            for node in range(1, nodes):
                weight = 1.0 + (links + links.T)[:node].sum(dim=1)
                links[torch.multinomial(weight, min(2, node), generator=draws), node] = 1.0
    return links + links.T


def graph_classes(batch_size: int) -> Material:
    """Three kinds of random graphs of 10 to 20 nodes, padded to the largest of the batch; batches are dicts."""
    draws = torch.Generator().manual_seed(51)
    kinds = torch.randint(0, 3, (1_200,), generator=draws).tolist()
    graphs = [(kind, _graph(kind, int(torch.randint(10, 21, (1,), generator=draws)), draws)) for kind in kinds]

    def collate(batch: list[tuple[int, Tensor]]) -> dict[str, Tensor]:
        most = max(len(links) for _, links in batch)
        padded = [F.pad(links, (0, most - len(links), 0, most - len(links))) for _, links in batch]
        there = torch.stack([(torch.arange(most) < len(links)).float() for _, links in batch])
        return {
            "adjacency": torch.stack(padded),
            "there": there,
            "kind": torch.tensor([kind for kind, _ in batch]),
        }

    train, validation = loaders(graphs[:-300], graphs[-300:], batch_size, collate)
    constant = of_classes(torch.tensor(kinds[:-300]), torch.tensor(kinds[-300:]), 3)
    return Material(GraphNet, train, validation, graph_loss, constant)


class NodeNet(nn.Module):
    """Two graph convolutions over one fixed graph; a batch says which nodes are asked."""

    def __init__(self, adjacency: Tensor, features: Tensor, classes: int, width: int = 32) -> None:
        super().__init__()
        self.register_buffer("adjacency", adjacency)
        self.register_buffer("features", features)
        self.first, self.second = nn.Linear(features.shape[1], width), nn.Linear(width, classes)
        self.drop = nn.Dropout(0.3)

    def forward(self, nodes: Tensor) -> Tensor:
        adjacency, features = self.get_buffer("adjacency"), self.get_buffer("features")
        states = self.drop(F.relu(adjacency @ self.first(features)))
        found: Tensor = (adjacency @ self.second(states))[nodes]
        return found


def node_classes(batch_size: int) -> Material:
    """Classes of the nodes of one graph in communities, from noisy features; an epoch is a single step."""
    draws = torch.Generator().manual_seed(52)
    nodes, classes = 400, 5
    kind = torch.randint(0, classes, (nodes,), generator=draws)
    chance = torch.where(kind[:, None] == kind[None, :], 5.0 / nodes, 1.2 / nodes)
    links = (torch.rand(nodes, nodes, generator=draws) < chance).float().triu(1)
    links = links + links.T + torch.eye(nodes)
    scale = links.sum(dim=1) ** -0.5
    features = torch.randn(classes, 20, generator=draws)[kind] + 3.5 * torch.randn(nodes, 20, generator=draws)
    order = torch.randperm(nodes, generator=draws)
    entries = [(row, kind[row]) for row in order]
    train, validation = loaders(entries[:batch_size], entries[batch_size:], batch_size)
    constant = of_classes(kind[order[:batch_size]], kind[order[batch_size:]], classes)
    adjacency = scale[:, None] * links * scale
    return Material(lambda: NodeNet(adjacency, features, classes), train, validation, "cross_entropy", constant)
