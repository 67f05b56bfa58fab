"""Jobs on sequences: forecasting, classification, sequence to sequence, labels without alignment."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - the field's name for it
from torch import Tensor, nn

from benchmarks.jobs.constants import of_classes, of_values
from benchmarks.jobs.job import Material, divided, loaders

CLOSE = 11
"""Symbol that starts an answer and fills up short ones."""


class Forecaster(nn.Module):
    """A GRU whose last state forecasts."""

    def __init__(self, width: int = 24) -> None:
        super().__init__()
        self.cell = nn.GRU(2, width, batch_first=True)
        self.head = nn.Linear(width, 4)

    def forward(self, past: Tensor) -> Tensor:
        states, _ = self.cell(past)
        forecast: Tensor = self.head(states[:, -1])
        return forecast


def forecasting(batch_size: int) -> Material:
    """The next four values of a noisy nonlinear series and its driver; the last part in time is held out."""
    draws = torch.Generator().manual_seed(41)
    steps = 1_960
    driver = torch.sin(torch.arange(steps) / 9.0) + 0.3 * torch.randn(steps, generator=draws)
    noise = (0.1 * torch.randn(steps, generator=draws)).tolist()
    values = [0.1, 0.2]
    for step in range(2, steps):
        rise = 1.2 * values[-1] - 0.6 * values[-2] + 0.7 * float(torch.tanh(driver[step - 2] * 2 * values[-1]))
        values.append(rise + 0.25 * float(driver[step - 1]) + noise[step])
    series = torch.stack([torch.tensor(values), driver], dim=1)
    series = (series - series[:1_500].mean(dim=0)) / series[:1_500].std(dim=0)
    windows = series.unfold(0, 20, 1).transpose(1, 2)
    past, future = windows[:, :16], windows[:, 16:, 0]
    seen, held = divided((past, future), 400)
    train, validation = loaders(seen, held, batch_size)
    return Material(Forecaster, train, validation, "mse", of_values(seen.tensors[1], held.tensors[1]))


class Recogniser(nn.Module):
    """An LSTM whose mean state says the class."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.cell = nn.LSTM(3, width, batch_first=True)
        self.head = nn.Linear(width, 5)

    def forward(self, x: Tensor) -> Tensor:
        states, _ = self.cell(x)
        found: Tensor = self.head(states.mean(dim=1))
        return found


def recognition(batch_size: int) -> Material:
    """Five kinds of movement in three noisy channels, as from a sensor."""
    draws = torch.Generator().manual_seed(42)
    rows, length = 1_700, 24
    classes = torch.randint(0, 5, (rows,), generator=draws)
    time = torch.arange(length) / length
    pitch = torch.tensor([2.0, 3.0, 3.0, 4.0, 5.0])[classes][:, None] * (
        1 + 0.1 * torch.randn(rows, 1, generator=draws)
    )
    phase = 6.3 * torch.rand(rows, 1, generator=draws)
    lag = torch.tensor([0.3, 0.3, 1.2, 0.6, 1.2])[classes][:, None]
    angle = 6.283 * pitch * time + phase
    x = torch.stack([angle.sin(), (angle + lag).sin(), (2 * angle).cos()], dim=-1)
    x = x + 1.0 * torch.randn(x.shape, generator=draws)
    seen, held = divided((x, classes), 400)
    train, validation = loaders(seen, held, batch_size)
    return Material(Recogniser, train, validation, "cross_entropy", of_classes(seen.tensors[1], held.tensors[1], 5))


class Translator(nn.Module):
    """Encoder and decoder GRUs with attention; fed the right answer while it trains."""

    def __init__(self, width: int = 40) -> None:
        super().__init__()
        self.embed = nn.Embedding(CLOSE + 1, width)
        self.encoder = nn.GRU(width, width, batch_first=True)
        self.decoder = nn.GRU(width, width, batch_first=True)
        self.head = nn.Linear(2 * width, CLOSE + 1)

    def forward(self, question: Tensor, answer: Tensor) -> Tensor:
        seen, last = self.encoder(self.embed(question))
        said, _ = self.decoder(self.embed(answer), last)
        weights = torch.softmax(said @ seen.transpose(1, 2) / said.shape[-1] ** 0.5, dim=-1)
        logits: Tensor = self.head(torch.cat([said, weights @ seen], dim=-1))
        return logits


def translation_loss(model: nn.Module, batch: Any) -> Tensor:
    """Return the cross-entropy of an answer's symbols, those that fill up left out."""
    answer = batch["answer"]
    begun = F.pad(answer[:, :-1], (1, 0), value=CLOSE)
    logits = model(batch["question"], begun)
    counted = batch["length"][:, None] > torch.arange(answer.shape[1])
    return F.cross_entropy(logits[counted], answer[counted])


def translation(batch_size: int) -> Material:
    """Numbers of 3 to 6 digits to their reverse with every digit raised by the one before, padded in dicts."""
    draws = torch.Generator().manual_seed(43)
    rows = []
    for _ in range(1_800):
        length = int(torch.randint(3, 7, (1,), generator=draws))
        question = torch.randint(0, 10, (length,), generator=draws)
        turned = question.flip(0)
        rows.append({"question": question, "answer": (turned + F.pad(turned[:-1], (1, 0))) % 10})

    def collate(batch: list[dict[str, Tensor]]) -> dict[str, Tensor]:
        padded = {
            name: nn.utils.rnn.pad_sequence([row[name] for row in batch], batch_first=True, padding_value=CLOSE)
            for name in ("question", "answer")
        }
        return {**padded, "length": torch.tensor([len(row["answer"]) for row in batch])}

    train, validation = loaders(rows[:-300], rows[-300:], batch_size, collate)
    return Material(Translator, train, validation, translation_loss, float(torch.log(torch.tensor(10.0))))


class Transcriber(nn.Module):
    """A convolution and a bidirectional GRU that say a symbol, or none, at every frame."""

    def __init__(self, width: int = 24) -> None:
        super().__init__()
        self.front = nn.Conv1d(6, width, 3, padding=1)
        self.cell = nn.GRU(width, width, batch_first=True, bidirectional=True)
        self.head = nn.Linear(2 * width, 9)

    def forward(self, frames: Tensor) -> Tensor:
        near = F.relu(self.front(frames.transpose(1, 2))).transpose(1, 2)
        states, _ = self.cell(near)
        scores: Tensor = self.head(states)
        return scores.log_softmax(dim=-1)


def alignment_loss(model: nn.Module, batch: Any) -> Tensor:
    """Return the connectionist temporal classification loss; symbol 0 is the blank."""
    frames, symbols, lengths = batch
    scores = model(frames).transpose(0, 1)
    whole = torch.full((len(frames),), scores.shape[0])
    return F.ctc_loss(scores, symbols, whole, lengths, zero_infinity=True)


def transcription(batch_size: int) -> Material:
    """Symbols of random duration in noisy frames, to be named in order without an alignment."""
    draws = torch.Generator().manual_seed(44)
    shapes = torch.randn(9, 6, generator=draws)
    rows, length = 1_000, 22
    frames = 0.7 * torch.randn(rows, length, 6, generator=draws)
    symbols = torch.zeros(rows, 5, dtype=torch.int64)
    lengths = torch.randint(2, 6, (rows,), generator=draws)
    for row in range(rows):
        place = int(torch.randint(0, 3, (1,), generator=draws))
        for number in range(int(lengths[row])):
            symbol = int(torch.randint(1, 9, (1,), generator=draws))
            duration = int(torch.randint(2, 4, (1,), generator=draws))
            symbols[row, number] = symbol
            frames[row, place : place + duration] += shapes[symbol]
            place += duration + int(torch.randint(1, 3, (1,), generator=draws))
    seen, held = divided((frames, symbols, lengths), 240)
    train, validation = loaders(seen, held, batch_size)
    return Material(Transcriber, train, validation, alignment_loss)
