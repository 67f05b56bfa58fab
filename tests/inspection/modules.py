"""Small modules of many kinds, for inspection to look at."""

from __future__ import annotations

import random
import warnings

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn


class FunctionalReLU(nn.Module):
    """Layers as modules, nonlinearity as a function."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(6, 12), nn.Linear(12, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.second(F.relu(self.first(x)))


class OnlyFunctions(nn.Module):
    """Parameters without modules, one of them stored as (in, out)."""

    def __init__(self) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.randn(6, 20))
        self.v = nn.Parameter(torch.randn(3, 20))
        self.b = nn.Parameter(torch.zeros(3))

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(F.dropout(torch.tanh(x @ self.w), 0.25), self.v, self.b)


class BasicBlock(nn.Module):
    """As in ResNet, with a projected shortcut when sizes change."""

    def __init__(self, channels: int, size: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, size, 3, padding=1)
        self.bn1 = nn.BatchNorm2d(size)
        self.conv2 = nn.Conv2d(size, size, 3, padding=1)
        self.bn2 = nn.BatchNorm2d(size)
        self.shortcut = nn.Identity() if channels == size else nn.Conv2d(channels, size, 1)

    def forward(self, x: Tensor) -> Tensor:
        h = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.shortcut(x) + self.bn2(self.conv2(h)))


class ResNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3)
        self.blocks = nn.Sequential(BasicBlock(8, 8), BasicBlock(8, 16))
        self.head = nn.Linear(16, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.blocks(F.relu(self.stem(x))).mean(dim=(2, 3)))


class CausalSelfAttention(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.n_head, self.n_embd = heads, width
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.qkv(x).chunk(3, dim=-1)
        return self.out(F.scaled_dot_product_attention(q, k, v, is_causal=True))


class Block(nn.Module):
    """A transformer block written by hand, before or after normalisation."""

    def __init__(self, width: int, *, pre: bool) -> None:
        super().__init__()
        self.pre = pre
        self.ln_a, self.ln_b = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attn = CausalSelfAttention(width, 4)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.drop = nn.Dropout(0.1)

    def forward(self, x: Tensor) -> Tensor:
        if self.pre:
            x = x + self.drop(self.attn(self.ln_a(x)))
            return x + self.drop(self.down(F.gelu(self.up(self.ln_b(x)))))
        x = self.ln_a(x + self.drop(self.attn(x)))
        return self.ln_b(x + self.drop(self.down(F.gelu(self.up(x)))))


class LanguageModel(nn.Module):
    """Tied input and output embeddings, learned positions."""

    def __init__(self, *, pre: bool = True) -> None:
        super().__init__()
        self.words, self.places = nn.Embedding(50, 16), nn.Embedding(32, 16)
        self.blocks = nn.ModuleList([Block(16, pre=pre) for _ in range(3)])
        self.norm = nn.LayerNorm(16)
        self.head = nn.Linear(16, 50, bias=False)
        self.head.weight = self.words.weight

    def forward(self, ids: Tensor) -> Tensor:
        x = self.words(ids) + self.places(torch.arange(ids.shape[1]))
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))


class Branching(nn.Module):
    """Control flow that depends on the data, so that the whole cannot be traced."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(4, 8), nn.GELU(), nn.Linear(8, 8), nn.GELU())
        self.head = nn.Linear(8, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.body(x)) if x.sum() > 0 else self.head(self.body(-x))


class Restless(nn.Module):
    """A forward pass that leaves traces: attributes, lists, buffers, draws from every generator."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 2)
        self.register_buffer("count", torch.zeros(()))
        self.seen: list[object] = []
        self.calls = 0

    def forward(self, x: Tensor) -> Tensor:
        warnings.warn("noisy", stacklevel=1)
        self.count += 1
        self.calls += 1
        self.seen.append(x)
        self.last = x
        return self.layer(x) + torch.rand(()) + random.random() + np.random.rand()  # noqa: NPY002, S311


class LowRank(nn.Module):
    """A frozen layer with a low-rank adapter, named as peft does."""

    def __init__(self) -> None:
        super().__init__()
        self.base_layer = nn.Linear(32, 32).requires_grad_(False)
        self.lora_A = nn.ModuleDict({"default": nn.Linear(32, 4, bias=False)})
        self.lora_B = nn.ModuleDict({"default": nn.Linear(4, 32, bias=False)})
        nn.init.zeros_(self.lora_B["default"].weight)

    def forward(self, x: Tensor) -> Tensor:
        return self.base_layer(x) + self.lora_B["default"](self.lora_A["default"](x))


class TwoTowers(nn.Module):
    """A wide and a deep part of the same input: a sum, but no skip."""

    def __init__(self) -> None:
        super().__init__()
        self.wide = nn.Linear(6, 1)
        self.deep = nn.Sequential(nn.Linear(6, 10), nn.ReLU(), nn.Linear(10, 10), nn.ReLU(), nn.Linear(10, 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.wide(x) + self.deep(x)


class HeadFirst(nn.Module):
    """Layers defined in another order than they run."""

    def __init__(self) -> None:
        super().__init__()
        self.head, self.body = nn.Linear(7, 3), nn.Linear(5, 7)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        h = F.silu(self.body(x))
        if mask is not None:
            h = h * mask
        return self.head(h)
