"""Models, batches and losses as people have them."""

from __future__ import annotations

import copy
import json
import threading
from typing import Any

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, TensorDataset

import advisor
from advisor.errors import InputError, ModelError, PlanError
from advisor.preparation.losses import kind_of, loss_from
from advisor.training import sources as samples_module
from advisor.training.criteria import Criterion
from advisor.training.data_split import fixed_split
from advisor.training.losses import constant_losses, loss_of
from advisor.training.nested_batches import listing_of, rows_of
from advisor.training.sources import samples_of

from .objects import Inner, X, Y, net


def advise(model: Any, train: Any = (X, Y), loss: Any = "mse", **settings: Any) -> advisor.Advice:
    stated = {"epochs": 2, "batch_size": 16, "optimizer": "adamw", "schedule": "constant", "budget": "none", **settings}
    return advisor.advise(model, train, loss, **stated)


# Batches that list samples


IMAGES = [torch.rand(3, 4 + i, 4) for i in range(5)]
LISTED = {
    "images of several sizes and a dict each": (tuple(IMAGES), tuple({"n": torch.tensor(1.0)} for _ in IMAGES)),
    "images of one size and numbers": ([torch.rand(3, 4, 4)] * 5, [torch.tensor(1.0)] * 5),
    "images and stacked labels": (IMAGES, torch.arange(5)),
    "pairs": [(image, torch.tensor(1)) for image in IMAGES],
    "dicts": [{"image": image, "label": torch.tensor(1)} for image in IMAGES],
}
STACKED = {
    "pair": (torch.rand(5, 3), torch.rand(5)),
    "two inputs": ((torch.rand(5, 3), torch.rand(5, 2)), torch.rand(5)),
    "lists of inputs and targets": ([torch.rand(5, 3)] * 2, [torch.rand(5, 1)] * 2),
    "input and dict": [torch.rand(5, 3), {"z": torch.rand(5)}],
    "one tensor": torch.rand(5, 2),
}


@pytest.mark.parametrize("name", LISTED)
def test_samples_that_are_listed_are_counted_along_the_list(name: str) -> None:
    assert listing_of(LISTED[name]) is not None
    assert rows_of(LISTED[name]) == 5


@pytest.mark.parametrize("name", STACKED)
def test_samples_that_are_stacked_are_counted_along_the_tensors(name: str) -> None:
    assert listing_of(STACKED[name]) is None
    assert rows_of(STACKED[name]) == 5


def test_the_loaders_batch_size_tells_images_from_inputs() -> None:
    batch = ([torch.rand(3, 4, 4)] * 8, [torch.rand(3, 1)] * 8)
    assert listing_of(batch) is None
    assert listing_of(batch, batch_size=8) == "columns"


def test_a_detectors_run_is_as_long_as_its_data() -> None:
    samples = [(torch.rand(3, 8, 8), {"n": torch.tensor(float(i % 3))}) for i in range(90)]

    class Detector(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(192, 1)

        def forward(self, images: Any, targets: Any) -> Tensor:
            found = self.layer(torch.stack([image.flatten() for image in images]))[:, 0]
            return F.mse_loss(found, torch.stack([target["n"] for target in targets]))

    loader = DataLoader(samples, batch_size=8, collate_fn=lambda batch: tuple(zip(*batch, strict=True)))
    advice = advise(Detector(), loader, lambda model, batch: model(*batch), epochs=8, batch_size=None)
    assert (advice.facts.data.rows, advice.recommendation.total_steps) == (90, 96)


# Losses by any name


@pytest.mark.parametrize(
    ("given", "name"),
    [
        *(("MSE", "mse"), ("mean squared error", "mse"), ("MSELoss", "mse"), ("L1Loss", "mae"), ("mae", "mae")),
        *(("BCEWithLogitsLoss", "binary_cross_entropy"), ("bce", "binary_cross_entropy"), ("Huber", "huber")),
        *(("SmoothL1Loss", "huber"), ("CrossEntropyLoss", "cross_entropy"), ("cross-entropy", "cross_entropy")),
        *((nn.MSELoss(), "mse"), (nn.L1Loss(), "mae"), (nn.HuberLoss(), "huber")),
        *((nn.BCEWithLogitsLoss(), "binary_cross_entropy"), (nn.CrossEntropyLoss(), "cross_entropy")),
    ],
    ids=str,
)
def test_a_loss_has_one_name(given: Any, name: str) -> None:
    assert loss_from(given) == name


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (nn.HuberLoss(delta=2.0), "huber"),
        (nn.CrossEntropyLoss(label_smoothing=0.1), "cross_entropy"),
        (nn.MSELoss(reduction="sum"), "custom"),
        (nn.PoissonNLLLoss(), "custom"),
        (F.l1_loss, "custom"),
    ],
)
def test_other_criteria_are_called_on_what_the_model_makes(given: Any, kind: str) -> None:
    loss = loss_from(given)
    assert isinstance(loss, Criterion)
    assert kind_of(loss) == kind


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("banana", "no loss is called so"),
        ("huberr", "did you mean 'huber'"),
        (nn.MSELoss, r"is a class; give an instance, MSELoss\(...\)"),
        (3, "a int is not a loss"),
        (nn.TripletMarginLoss(), "wants more than"),
        (nn.Sequential(nn.Linear(2, 2)), "weights of its own"),
    ],
)
@pytest.mark.parametrize("budget", ["none", "quick"])
def test_a_loss_that_is_none_says_so_at_every_budget(given: Any, message: str, budget: Any) -> None:
    with pytest.raises(PlanError, match=message):
        advise(net(), loss=given, budget=budget)


@pytest.mark.parametrize("name", ["mse", "mae", "huber", "binary_cross_entropy"])
def test_losses_by_name_are_those_of_torch(name: str) -> None:
    criterion = {"mse": nn.MSELoss(), "mae": nn.L1Loss(), "huber": nn.HuberLoss()}.get(name, nn.BCEWithLogitsLoss())
    target = (Y > 0).float()
    assert loss_of(name)(net(), (X, target[:, 0])) == criterion(net()(X), target)


@pytest.mark.parametrize("name", ["mse", "mae", "huber", "binary_cross_entropy"])
def test_the_best_constant_is_the_best_of_many(name: str) -> None:
    y = (3 * torch.randn(200, 1, generator=torch.Generator().manual_seed(3))).exp() % 1.0
    samples = samples_of((torch.zeros(200, 1), y))
    (found,) = constant_losses(name, fixed_split(samples, samples))
    grid = torch.linspace(-8.0, 8.0, 2001)
    tried = [float(loss_of(name)(lambda x, c=c: c.expand(len(x), 1), (torch.zeros(200, 1), y))) for c in grid]
    assert found == pytest.approx(min(tried), rel=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("loss", ["bce", nn.BCEWithLogitsLoss(), nn.HuberLoss(delta=2.0), "mae"])
def test_they_are_trained_with(loss: Any) -> None:
    assert advise(net(), (X, (Y > 0).float()), loss, budget="quick").verdict.status != "not_run"


# What cannot be used


BAD: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"model": nn.Linear}, ModelError, r"is a class; give an instance, Linear\(...\)"),
    ({"model": 3}, ModelError, "a int cannot be trained"),
    ({"budget": "fast"}, PlanError, "did you mean 'quick'"),
    ({"budget": float("nan")}, PlanError, "positive number of seconds"),
    ({"seed": -1}, PlanError, "from 0 to"),
    ({"seed": 2**64}, PlanError, "from 0 to"),
    ({"seed": 1.5}, PlanError, "whole number"),
    ({"seed": 10**5000}, PlanError, "bits"),
    ({"epochs": 10**400}, PlanError, "epochs"),
    ({"learning_rate": 1e308}, PlanError, "at most"),
    ({"accumulation": 10**30}, PlanError, "at most"),
    ({"total_steps": 10}, PlanError, "did you mean 'steps'"),
    ({"lr": 0.1}, PlanError, "did you mean 'learning_rate'"),
    ({"schedule": object()}, PlanError, "a object is not the name of a schedule"),
    ({"loss": lambda: 0}, PlanError, "cannot be called as loss"),
    ({"loss": lambda model, x, y: x}, PlanError, "missing a required argument: 'y'"),
    ({"rules": "/nope"}, InputError, "not a folder"),
    ({"rules": 3}, InputError, "int"),
    ({"train": (X.numpy().astype(str), Y)}, InputError, "train"),
    ({"train": (X.numpy().astype("datetime64[s]"), Y)}, InputError, "train"),
]


@pytest.mark.parametrize(("settings", "kind", "message"), BAD, ids=map(str, range(len(BAD))))
@pytest.mark.parametrize("budget", ["none", 0.5])
def test_bad_input_ends_in_a_sentence(
    settings: dict[str, Any], kind: type[Exception], message: str, budget: Any
) -> None:
    given = {"model": net(), "budget": budget, **settings}
    with pytest.raises(kind, match=message):
        advise(**given)


@pytest.mark.parametrize("loss", ["mse", "cross_entropy", nn.HuberLoss(delta=2.0)])
def test_a_named_loss_says_that_a_model_returns_no_tensor(loss: Any) -> None:
    class Pair(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(6, 1)

        def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
            return self.layer(x), x

    with pytest.raises(ModelError, match=r"returns a tuple, and .* needs a tensor; give a function"):
        advise(Pair(), loss=loss, budget=0.3)


def test_a_loss_may_differentiate_by_its_inputs() -> None:
    """As that of a differential equation does."""

    def residual(model: nn.Module, batch: Any) -> Tensor:
        with torch.enable_grad():
            x = batch[0].clone().requires_grad_()
            (slope,) = torch.autograd.grad(model(x).sum(), x, create_graph=True)
        return (slope - 1.0).square().mean()

    model = nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 1))
    assert advise(model, loss=residual, epochs=20, budget="quick").verdict.trials


def test_complex_numbers_reach_a_model_that_takes_them() -> None:
    class Magnitude(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(6, 1)

        def forward(self, x: Tensor) -> Tensor:
            return self.layer(x.abs())

    data = (torch.complex(X, X), Y)
    assert advise(Magnitude(), data, budget=0.3).facts.data.rows == 64
    with pytest.raises(ModelError, match="cannot be run on a batch"):
        advise(net(), data, budget=0.3)


def test_what_the_users_own_code_raises_keeps_its_kind() -> None:
    class Broken(Dataset):
        def __len__(self) -> int:
            return 64

        def __getitem__(self, row: int) -> Tensor:
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        advise(net(), Broken())


def test_what_a_library_raises_is_said_with_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="data=7: must be a dictionary or instance of DataFacts"):
        advisor.what_if({"plan.batch_size": 3}, data=7)  # type: ignore[arg-type]
    monkeypatch.setattr("advisor.api.questions.load_rules", json.loads)
    with pytest.raises(InputError, match="what_if"):
        advisor.what_if({"plan.batch_size": 3})


# Isolation


def test_what_can_be_read_once_is_said_before_it_is_touched(caplog: pytest.LogCaptureFixture) -> None:
    generator = ((X[:16], Y[:16]) for _ in range(8))
    advice = advise(net(), generator)
    assert "can be read only once" in caplog.text
    assert any(note.code == "iterator_consumed" for note in advice.verdict.notes)


def test_an_iterator_over_a_list_stays_whole() -> None:
    data = Inner()
    advise(net(), data)
    assert sum(1 for _ in data) == 4


@pytest.mark.parametrize("kind", ["closure", "attribute", "default", "factory"])
def test_a_loss_that_writes_to_weights_of_the_users_is_refused(kind: str) -> None:
    mine = net()
    before = copy.deepcopy(mine.state_dict())

    def write() -> None:
        with torch.no_grad():
            mine[0].weight.mul_(0.9)

    class Loss:
        def __init__(self) -> None:
            self.reference = mine

        def __call__(self, model: nn.Module, batch: Any) -> Tensor:
            self.reference[0].weight.data.mul_(0.9)
            return F.mse_loss(model(batch[0]), batch[1])

    def closed(model: nn.Module, batch: Any) -> Tensor:
        write()
        return F.mse_loss(model(batch[0]), batch[1])

    def default(model: nn.Module, batch: Any, reference: nn.Module = mine) -> Tensor:
        reference[0].weight.data.mul_(0.9)
        return F.mse_loss(model(batch[0]), batch[1])

    losses = {"closure": closed, "attribute": Loss(), "default": default, "factory": closed}
    model: Any = (lambda: nn.Sequential(mine)) if kind == "factory" else net()
    with pytest.raises(PlanError, match="put back"):
        advise(model, loss=losses[kind], budget=0.3)
    assert all(torch.equal(value, before[name]) for name, value in mine.state_dict().items())


@pytest.mark.slow
def test_four_threads_find_what_one_finds() -> None:
    def work(model: nn.Module) -> str:
        return advise(model, budget="quick", seed=3).to_json()

    alone, found = work(net()), []
    models = [net() for _ in range(4)]  # made beforehand: whoever seeds torch while a thread trains moves its weights
    threads = [threading.Thread(target=lambda model=model: found.append(work(model))) for model in models]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [alone] * 4


def test_of_a_huge_data_set_only_rows_that_are_drawn_take_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    class Huge(Dataset):
        def __len__(self) -> int:
            return 10**9

        def __getitem__(self, row: int) -> Tensor:
            return torch.tensor([float(row)])

    def refuse(*_args: Any, **_settings: Any) -> Tensor:
        raise AssertionError("a permutation of all rows")

    monkeypatch.setattr(samples_module, "MAX_SAMPLES", 50)
    monkeypatch.setattr(torch, "randperm", refuse)
    samples = samples_of(Huge(), seed=1)
    assert (samples.n, samples.total) == (50, 10**9)


class Words(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.words, self.head = nn.Embedding(10, 4, sparse=True), nn.Linear(4, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.words(x))


@pytest.mark.parametrize("optimizer", ["adamw", "sgd", "adagrad"])
def test_embeddings_with_sparse_gradients_are_tried_with_dense_ones(optimizer: str) -> None:
    model = Words()
    words = torch.randint(0, 10, (64,))
    found = advise(model, TensorDataset(words, words / 9.0), budget="quick", optimizer=optimizer)
    assert found.verdict is not None
    assert found.verdict.trials
    assert model.words.sparse
    assert any("sparse=True" in note for note in found.facts.model.notes)


class Force(nn.Module):
    """Energy and force, as nets of atoms have them: the forward pass takes a derivative."""

    def __init__(self) -> None:
        super().__init__()
        self.energy = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1))

    def forward(self, x: Tensor) -> Tensor:
        x = x.detach().requires_grad_(True)
        energy = self.energy(x)
        (slope,) = torch.autograd.grad(energy.sum(), x, create_graph=self.training)
        return torch.cat([energy, -slope], 1)


def residual(model: nn.Module, batch: Any) -> Tensor:
    """Of u' = u, u(0) = 1, as physics-informed nets have it: the loss takes a derivative."""
    x = batch[0].detach().requires_grad_(True)
    value = model(x)
    (slope,) = torch.autograd.grad(value.sum(), x, create_graph=True)
    return F.mse_loss(slope, value) + (model(torch.zeros(1, 1)) - 1.0).square().mean()


POINTS = torch.rand(64, 3)
DIFFERENTIATED: dict[str, tuple[Any, ...]] = {
    "forward pass": (Force(), (POINTS, torch.cat([POINTS.square().sum(1, keepdim=True), -2.0 * POINTS], 1)), "mse"),
    "loss": (nn.Sequential(nn.Linear(1, 8), nn.Tanh(), nn.Linear(8, 1)), TensorDataset(POINTS[:, :1]), residual),
}


@pytest.mark.parametrize("part", DIFFERENTIATED)
def test_what_takes_derivatives_itself_is_judged_too(part: str) -> None:
    found = advise(*DIFFERENTIATED[part], budget="quick")
    assert found.verdict is not None
    assert any(loss is not None for trial in found.verdict.trials for loss in trial.losses)


class Queue(nn.Module):
    """Contrastive, against a queue of earlier samples: until it has filled up, the task is easy."""

    queue: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.code = nn.Linear(3, 16)
        self.register_buffer("queue", F.normalize(torch.randn(64, 16), dim=1))

    def forward(self, x: Tensor) -> Tensor:
        code = F.normalize(self.code(x), dim=1)
        alike = (code * F.normalize(self.code(x + 0.01), dim=1)).sum(1, keepdim=True)
        logits = torch.cat([alike, code @ self.queue.clone().T], 1) / 0.05
        if self.training:
            with torch.no_grad():
                self.queue.copy_(torch.cat([code, self.queue])[:64])
        return F.cross_entropy(logits, torch.zeros(len(x), dtype=torch.long))


def test_a_loss_that_rises_at_any_rate_is_not_called_divergence() -> None:
    train = TensorDataset(torch.randn(256, 3))
    found = advise(Queue(), train, lambda model, batch: model(batch[0]), budget="quick", epochs=5)
    assert found.verdict is not None
    assert (found.verdict.status, found.verdict.reasons[0].code) == ("inconclusive", "loss_rises_at_any_rate")
    assert found.recommendation.learning_rate == advise(Queue(), train, None, epochs=5).recommendation.learning_rate
