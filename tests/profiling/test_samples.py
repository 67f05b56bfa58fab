"""Images, sequences and text are described from a bounded draw, whatever holds them."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, Dataset, IterableDataset, SubsetRandomSampler, TensorDataset

import advisor
from advisor.errors import DataError
from advisor.facts import DataFacts

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (96, 3, 8, 8), dtype=np.uint8)
PIXELS[0, :, 0, :2] = np.array([0, 255], np.uint8)
LABELS = torch.arange(96) % 4


def notes_of(source: object) -> tuple[DataFacts, str]:
    facts = advisor.profile(source)
    return facts, " ".join(facts.notes)


@pytest.mark.parametrize("channels_last", [False, True])
def test_each_channel_of_images_is_described(channels_last: bool) -> None:
    images = torch.tensor(PIXELS).float() * torch.tensor([1.0, 0.5, 0.1])[:, None, None]
    given = images.permute(0, 2, 3, 1) if channels_last else images
    facts, notes = notes_of((given, LABELS))
    assert (facts.modality, facts.rows, facts.task) == ("image", 96, "multiclass")
    assert [one.name for one in facts.columns] == ["channel 0", "channel 1", "channel 2"]
    assert [one.mean for one in facts.columns] == pytest.approx(images.mean(dim=(0, 2, 3)).tolist(), rel=1e-4)
    assert [one.std for one in facts.columns] == pytest.approx(images.std(dim=(0, 2, 3)).tolist(), rel=1e-3)
    assert (facts.target.classes, facts.target.imbalance) == (4, 1.0)
    assert ("Channels come last" in notes) is channels_last


@pytest.mark.parametrize(
    ("images", "said"),
    [
        (PIXELS, "between 0 and 255 and are whole: pixels as they are, not normalised"),
        (PIXELS[:, 0], "pixels as they are"),
        (PIXELS / 255.0, "between 0 and 1: scaled, but not centred"),
        ((PIXELS / 255.0 - 0.5) / 0.29, "normalised."),
        (PIXELS * 100.0 - 3.0, "not normalised"),
    ],
    ids=["pixels", "grey pixels", "scaled", "normalised", "neither"],
)
def test_it_is_said_whether_images_are_normalised(images: np.ndarray, said: str) -> None:
    facts, notes = notes_of(images)
    assert facts.modality == "image"
    assert said in notes
    assert ("not normalised" in notes) is ("not normalised" in said or "pixels" in said)


class Items(Dataset[Any]):
    """Samples as they come from ``make``."""

    def __init__(self, make: Any, length: int = 96) -> None:
        self.make = make
        self.length = length
        self.asked = 0

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, row: int) -> Any:
        self.asked += 1
        return self.make(row)


@dataclass
class Graph:
    """A graph: rows of x are nodes, not samples."""

    x: torch.Tensor
    y: torch.Tensor


def image(row: int) -> torch.Tensor:
    return torch.tensor(PIXELS[row % 96]).float()


@pytest.mark.parametrize(
    "make",
    [
        lambda row: (image(row), row % 4),
        lambda row: {"image": image(row), "label": torch.tensor(row % 4)},
        lambda row: Graph(image(row), torch.tensor([row % 4])),
        lambda row: (image(row)[:, : row % 3 + 4], row % 4, "and more"),
    ],
    ids=["pairs", "mappings", "objects", "images of several sizes"],
)
def test_samples_are_counted_whatever_a_batch_looks_like(make: Any) -> None:
    for batch_size in (8, 36):
        loader = DataLoader(Items(make), batch_size, collate_fn=list)
        facts, _ = notes_of(loader)
        assert (facts.rows, facts.modality, facts.target.classes) == (96, "image", 4)
    part = DataLoader(Items(make), 8, sampler=SubsetRandomSampler(range(40)), collate_fn=list)
    assert advisor.profile(part).rows == 40


def test_of_a_billion_samples_a_bounded_number_is_drawn() -> None:
    data = Items(lambda row: (torch.full((3, 32, 32), float(row % 7)), row % 2), 10**9)
    facts, notes = notes_of(data)
    assert facts.rows == 10**9
    assert data.asked <= 2_002
    assert "Described by 2,000 of 1,000,000,000 samples" in notes
    assert facts.target.minority_share == pytest.approx(0.5, abs=0.05)
    large = Items(lambda row: torch.zeros(3, 600, 600), 10**9)
    advisor.profile(large)
    assert large.asked < 12  # as many as fit into memory


def test_class_balance_is_exact_where_all_targets_are_at_hand() -> None:
    labels = torch.zeros(5_000, dtype=torch.long)
    labels[:3] = 1
    facts, _ = notes_of(TensorDataset(torch.randn(5_000, 1, 4, 4), labels))
    assert facts.target.minority_share == pytest.approx(3 / 5_000)
    assert facts.task == "binary"


def test_lengths_and_vocabulary_of_sequences() -> None:
    lengths = RNG.integers(3, 20, 80)
    rows = [RNG.integers(1, 50, length) for length in lengths]
    rows[0][0] = 49
    facts, notes = notes_of(Items(lambda row: (torch.tensor(rows[row]), 0), 80))
    assert (facts.modality, facts.sequence_length, facts.vocabulary) == ("text", lengths.max(), 50)
    assert f"{lengths.min()} to {lengths.max()} steps" in notes
    padded = np.zeros((80, 24), np.int64)
    for row, tokens in enumerate(rows):
        padded[row, : len(tokens)] = tokens
    facts, notes = notes_of(Items(lambda row: torch.tensor(padded[row]), 80))
    assert (facts.sequence_length, facts.vocabulary) == (24, 50)
    assert f"{lengths.min()} to {lengths.max()} tokens" in notes
    assert "padded to 24 with 0" in notes


def test_texts_are_counted_in_words() -> None:
    facts, notes = notes_of(Items(lambda row: ("so it goes " * (row % 5 + 1), row % 2), 60))
    assert (facts.modality, facts.sequence_length, facts.vocabulary, facts.rows) == ("text", 15, 3, 60)
    assert "Texts of 3 to 15 words" in notes


def test_series_of_several_features() -> None:
    facts, notes = notes_of((RNG.normal(size=(60, 12, 2)) * np.array([1.0, 300.0]), RNG.normal(size=60)))
    assert (facts.modality, facts.sequence_length, facts.task) == ("sequence", 12, "regression")
    assert facts.columns[1].std == pytest.approx(300.0, rel=0.1)
    assert "not normalised" in notes


class Stream(IterableDataset[Any]):
    """Samples one after the other, without end."""

    def __iter__(self) -> Any:
        while True:
            yield torch.randn(3, 4, 4), int(torch.randint(3, ()))


def test_a_stream_is_read_as_far_as_it_has_to_be_and_no_generator_moves() -> None:
    python, numpy, tensor = random.getstate(), np.random.get_state()[1].copy(), torch.get_rng_state()  # noqa: NPY002
    for source in (Stream(), DataLoader(Stream(), 8)):
        facts, notes = notes_of(source)
        assert (facts.rows, facts.target.classes) == (None, 3)
        assert "the first 2,000 samples; how many there are is not said" in notes
    assert random.getstate() == python
    assert (np.random.get_state()[1] == numpy).all()  # noqa: NPY002
    assert torch.equal(torch.get_rng_state(), tensor)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (Items(image, 0), "holds no sample"),
        (Items(lambda row: "a" if row % 2 else torch.zeros(3), 10), "some samples are texts"),
        (Items(lambda row: {"sound": torch.zeros(3)}, 10), "samples are mappings of sound"),
        (Items(lambda row: object(), 10), "not an array of numbers"),
        ((np.zeros((3, 4, 5)), np.zeros(2)), "X has 3 samples and y has 2"),
    ],
)
def test_what_cannot_be_described_is_refused(source: object, message: str) -> None:
    with pytest.raises(DataError, match=message):
        advisor.profile(source)


def test_a_column_cannot_be_named_in_samples() -> None:
    with pytest.raises(DataError, match="samples have none"):
        advisor.profile(PIXELS, target="y")
