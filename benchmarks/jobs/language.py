"""Jobs on Python's own sources: causal and masked language models, tied weights, low-rank adaptation."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - the field's name for it
from torch import Tensor, nn

from benchmarks.jobs.constants import of_classes
from benchmarks.jobs.job import Material, divided, loaders
from benchmarks.jobs.sources import ALPHABET, python_source, source_codes

MASK = ALPHABET
"""Code of a masked character."""
PAD = ALPHABET + 1
"""Code that fills up short lines."""
IGNORED = -100
"""Label that ``cross_entropy`` leaves out."""


def _layer(width: int, dropout: float = 0.0) -> nn.TransformerEncoderLayer:
    return nn.TransformerEncoderLayer(
        width, 4, 4 * width, dropout=dropout, activation="gelu", batch_first=True, norm_first=True
    )


class CausalTransformer(nn.Module):
    """A small GPT over characters; logits come as (rows, classes, length)."""

    def __init__(self, length: int, width: int = 32, layers: int = 2) -> None:
        super().__init__()
        self.embed = nn.Embedding(ALPHABET, width)
        self.position = nn.Parameter(0.02 * torch.randn(length, width))
        self.encoder = nn.TransformerEncoder(_layer(width), layers, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, ALPHABET, bias=False)

    def forward(self, codes: Tensor) -> Tensor:
        length = codes.shape[1]
        mask = nn.Transformer.generate_square_subsequent_mask(length)
        states = self.encoder(self.embed(codes) + self.position[:length], mask=mask, is_causal=True)
        logits: Tensor = self.head(self.norm(states))
        return logits.transpose(1, 2)


def _windows(first: int, rows: int, length: int) -> Tensor:
    """Return rows of consecutive characters, each one longer than ``length``, in seeded order."""
    codes = source_codes()[first : first + rows * (length + 1)]
    windows = codes.reshape(rows, length + 1)
    return windows[torch.randperm(rows, generator=torch.Generator().manual_seed(31))]


def causal(batch_size: int) -> Material:
    """Next character, from scratch."""
    windows = _windows(0, 1_260, 24)
    seen, held = divided((windows[:, :-1], windows[:, 1:]), 300)
    train, validation = loaders(seen, held, batch_size)
    constant = of_classes(seen.tensors[1], held.tensors[1], ALPHABET)
    return Material(lambda: CausalTransformer(24), train, validation, "cross_entropy", constant)


class TiedRecurrent(nn.Module):
    """A GRU whose output weights are its embedding; logits come as (rows, classes, length)."""

    def __init__(self, words: int, width: int = 48) -> None:
        super().__init__()
        self.embed = nn.Embedding(words, width)
        self.cell = nn.GRU(width, width, batch_first=True)
        self.drop = nn.Dropout(0.1)
        self.head = nn.Linear(width, words, bias=False)
        nn.init.normal_(self.embed.weight, std=0.1)
        self.head.weight = self.embed.weight

    def forward(self, codes: Tensor) -> Tensor:
        states, _ = self.cell(self.embed(codes))
        logits: Tensor = self.head(self.drop(states))
        return logits.transpose(1, 2)


def tied(batch_size: int) -> Material:
    """Next word or sign among the 200 most frequent ones, with the embedding as output weights."""
    words = re.findall(r"\w+|[^\w\s]", python_source())[: 17 * 1_900]
    frequent = sorted(set(words), key=lambda one: (-words.count(one), one))[:199]
    code = {word: index + 1 for index, word in enumerate(frequent)}
    codes = torch.tensor([code.get(word, 0) for word in words])
    rows = len(codes) // 17
    windows = codes[: rows * 17].reshape(rows, 17)[torch.randperm(rows, generator=torch.Generator().manual_seed(32))]
    seen, held = divided((windows[:, :-1], windows[:, 1:]), 300)
    train, validation = loaders(seen, held, batch_size)
    constant = of_classes(seen.tensors[1], held.tensors[1], 200)
    return Material(lambda: TiedRecurrent(200), train, validation, "cross_entropy", constant)


class MaskedTransformer(nn.Module):
    """A small BERT; it takes the keys of a batch and returns its own loss."""

    def __init__(self, length: int, width: int = 32, layers: int = 2) -> None:
        super().__init__()
        self.embed = nn.Embedding(ALPHABET + 2, width, padding_idx=PAD)
        self.position = nn.Parameter(0.02 * torch.randn(length, width))
        self.encoder = nn.TransformerEncoder(_layer(width, 0.1), layers, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, ALPHABET)

    def forward(self, input_ids: Tensor, attention_mask: Tensor, labels: Tensor) -> dict[str, Tensor]:
        states = self.embed(input_ids) + self.position[: input_ids.shape[1]]
        logits = self.head(self.norm(self.encoder(states, src_key_padding_mask=attention_mask == 0)))
        return {"loss": F.cross_entropy(logits.transpose(1, 2), labels, ignore_index=IGNORED), "logits": logits}


def masked_batch(lines: list[Tensor]) -> dict[str, Tensor]:
    """Return lines padded to the longest of the batch, with 15 characters in a hundred masked.

    Which characters are masked depends on the line alone, so that a line is judged alike in every batch.
    """
    padded = nn.utils.rnn.pad_sequence(lines, batch_first=True, padding_value=PAD)
    real = padded != PAD
    places = torch.arange(padded.shape[1])
    hidden = ((padded.sum(dim=1, keepdim=True) * 31 + places * 17 + places**2 * 7) % 20 < 3) & real
    hidden[:, 1] = True
    return {
        "input_ids": torch.where(hidden, MASK, padded),
        "attention_mask": real.long(),
        "labels": torch.where(hidden, padded, IGNORED),
    }


def masked(batch_size: int) -> Material:
    """Masked characters of single lines of source; batches are dicts, padded to different lengths."""
    codes, start = source_codes(), 0
    lines = []
    for line in python_source().split("\n"):
        bare = len(line) - len(line.lstrip())
        if len(line) - bare >= 8:
            lines.append(codes[start + bare : start + min(len(line), bare + 24)])
        start += len(line) + 1
    order = torch.randperm(len(lines), generator=torch.Generator().manual_seed(33))[:1_240].tolist()
    chosen = [lines[row] for row in order]
    train, validation = loaders(chosen[:-280], chosen[-280:], batch_size, masked_batch)
    constant = of_classes(torch.cat(chosen[:-280]), torch.cat(chosen[-280:]), ALPHABET)
    return Material(lambda: MaskedTransformer(24), train, validation, None, constant)


class LowRank(nn.Module):
    """A frozen linear layer plus a trained product of two thin matrices."""

    def __init__(self, inner: nn.Linear, rank: int = 4) -> None:
        super().__init__()
        self.inner = inner.requires_grad_(False)
        self.lora_a = nn.Parameter(torch.randn(rank, inner.in_features) / inner.in_features**0.5)
        self.lora_b = nn.Parameter(torch.zeros(inner.out_features, rank))

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.inner(x) + 2.0 * (x @ self.lora_a.T) @ self.lora_b.T
        return found


class LineReader(nn.Module):
    """A recurrent reader of characters with dense layers behind it."""

    def __init__(self, classes: int, width: int = 48) -> None:
        super().__init__()
        self.embed = nn.Embedding(ALPHABET, width)
        self.mix = nn.ModuleList([nn.Linear(3 * width, width), nn.Linear(3 * width, width)])
        self.head = nn.Linear(width, classes)

    def forward(self, codes: Tensor) -> Tensor:
        states = self.embed(codes)
        for layer in self.mix:
            near = torch.cat([states, states.roll(1, dims=1), states.roll(2, dims=1)], dim=-1)
            states = states + F.gelu(layer(near))
        found: Tensor = self.head(states[:, -1])
        return found


@lru_cache(maxsize=1)
def _pretrained_reader() -> dict[str, Tensor]:
    """Train the reader to predict the next character of one half of the source, with Adam 3e-3."""
    windows = _windows(0, 8_000, 12)
    model = LineReader(ALPHABET)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for start in range(0, len(windows) - 63, 64):
        batch: Any = windows[start : start + 64]
        optimizer.zero_grad()
        F.cross_entropy(model(batch[:, :-1]), batch[:, -1]).backward()
        optimizer.step()
    return {name: value.clone() for name, value in model.state_dict().items()}


def low_rank(batch_size: int) -> Material:
    """A pretrained reader adapted to another part of the source, read backwards, by low-rank matrices and its head."""
    windows = _windows(150_000, 4_000, 12).flip(1)
    seen, held = divided((windows[:, :-1], windows[:, -1]), 800)
    train, validation = loaders(seen, held, batch_size)
    weights = _pretrained_reader()

    def model() -> nn.Module:
        made = LineReader(ALPHABET)
        made.load_state_dict(weights)
        made.requires_grad_(requires_grad=False)
        made.mix = nn.ModuleList([LowRank(layer) for layer in made.mix if isinstance(layer, nn.Linear)])
        made.head.requires_grad_()
        return made

    constant = of_classes(seen.tensors[1], held.tensors[1], ALPHABET)
    return Material(model, train, validation, "cross_entropy", constant)
