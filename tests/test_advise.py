"""``advisor.advise`` on whatever people train, leaving all of it as it was."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset

import advisor
from advisor.errors import DataError, InputError, ModelError, PlanError
from advisor.reporting.remarks import paragraph_of

ROWS, FEATURES = 160, 6
PLAN = {"epochs": 4, "batch_size": 16}


def table() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(3)
    x = torch.randn(ROWS, FEATURES, generator=generator)
    return x, (x[:, 0] + 0.5 * x[:, 1] > 0).long()


X, Y = table()


def net(outputs: int = 2) -> nn.Module:
    return nn.Sequential(nn.Linear(FEATURES, 16), nn.ReLU(), nn.Linear(16, outputs))


def advise(model: Any, train: Any, loss: Any = "cross_entropy", **settings: Any) -> advisor.Advice:
    return advisor.advise(model, train, loss, **{"budget": "quick", **PLAN, **settings})


class Pairs(Dataset):
    def __len__(self) -> int:
        return ROWS

    def __getitem__(self, row: int) -> tuple[Tensor, Tensor]:
        return X[row], Y[row]


class Stream(IterableDataset):
    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        return iter([(X[row], Y[row]) for row in range(ROWS)])


def batches() -> Iterator[tuple[Tensor, Tensor]]:
    for start in range(0, ROWS, 16):
        yield X[start : start + 16], Y[start : start + 16]


SOURCES: dict[str, Any] = {
    "tensors": (X, Y),
    "arrays": (X.numpy(), Y.numpy()),
    "dataset": Pairs(),
    "tensor dataset": TensorDataset(X, Y),
    "iterable dataset": Stream(),
    "loader": DataLoader(Pairs(), batch_size=16, shuffle=True),
    "list of batches": list(batches()),
    "function": batches,
    "generator": batches(),
}


@pytest.mark.parametrize("source", SOURCES)
def test_any_source_of_samples(source: str) -> None:
    advice = advise(net(), SOURCES[source])
    assert advice.facts.data.rows == ROWS
    assert advice.facts.data.task == "binary"
    assert advice.facts.model.family == "mlp"
    assert advice.verdict.status in {"confirmed", "adjusted", "inconclusive"}
    assert advice.recommendation.learning_rate in advice.recommendation.interval
    assert advice.recommendation.batch_size == 16


class Output:
    def __init__(self, loss: Tensor) -> None:
        self.loss = loss


class TakesDict(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = net()

    def forward(self, features: Tensor, labels: Tensor) -> Output:
        return Output(nn.functional.cross_entropy(self.body(features), labels))


def test_dict_batches_and_outputs_with_a_loss() -> None:
    advice = advise(TakesDict(), {"features": X, "labels": Y}, lambda model, batch: model(**batch).loss)
    assert advice.verdict.path == "batched"
    assert advice.verdict.status != "rejected"


class Branching(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(FEATURES, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x) * (2.0 if float(x.detach().sum()) > 0 else 1.0)


def test_python_control_flow_goes_the_sequential_way_and_says_so() -> None:
    advice = advise(Branching(), (X, Y), epochs=2)
    assert advice.verdict.path == "sequential"
    assert {"trained_sequentially", "model_cannot_be_batched"} & {note.code for note in advice.verdict.notes}


class Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.LSTM(2, 8, batch_first=True)
        self.head = nn.Linear(8, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.body(x)[0][:, -1])


def test_sequences_through_an_lstm() -> None:
    advice = advise(Recurrent(), (X.reshape(ROWS, 3, 2), Y), epochs=2)
    assert (advice.facts.data.modality, advice.facts.model.family) == ("sequence", "rnn")


def test_an_estimator_and_a_preset() -> None:
    linear_model = pytest.importorskip("sklearn.linear_model")
    advice = advise(linear_model.SGDClassifier(max_iter=3), (X.numpy(), Y.numpy()), epochs=3)
    assert (advice.facts.model.family, advice.recommendation.optimizer) == ("logistic", "sgd")
    assert advise("resnet-tabular:16,1", (X, Y)).facts.model.family == "tabular_resnet"


def test_regression_targets_are_never_broadcast() -> None:
    target = X[:, 0] * 2.0
    advice = advise(net(1), (X, target), "mse")
    assert advice.verdict.held_out_loss < 0.5 * float(target.var())


def state(*generators: torch.Generator) -> tuple[Any, ...]:
    numpy_state = np.random.get_state()  # noqa: NPY002
    own = tuple(generator.get_state().tolist() for generator in generators)
    return random.getstate(), numpy_state[1].tolist(), numpy_state[2:], torch.get_rng_state().tolist(), own


@pytest.mark.parametrize("fails", [False, True], ids=["works", "raises"])
def test_nothing_of_the_users_is_touched(fails: bool) -> None:
    model = nn.Sequential(nn.Linear(FEATURES, 16), nn.BatchNorm1d(16), nn.Dropout(0.3), nn.ReLU(), nn.Linear(16, 2))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    nn.functional.cross_entropy(model(X), Y).backward()
    optimizer.step()
    model[2].eval()
    calls: list[int] = []
    handle = model[0].register_forward_hook(lambda *_: calls.append(1))
    order = torch.Generator().manual_seed(9)
    loader = DataLoader(Pairs(), batch_size=16, shuffle=True, generator=order)
    count = [0]

    def loss(module: nn.Module, batch: Any) -> Tensor:
        count[0] += 1
        torch.rand(1), np.random.rand(), random.random()  # noqa: NPY002, S311
        if fails and count[0] > 30:
            raise ZeroDivisionError("the user's loss fails")
        return nn.functional.cross_entropy(module(batch[0]), batch[1])

    weights = copy.deepcopy(model.state_dict())
    gradients = [parameter.grad.clone() for parameter in model.parameters()]
    moments = copy.deepcopy(optimizer.state_dict())
    modes = [module.training for module in model.modules()]
    threads = torch.get_num_threads()
    before = state(order)
    if fails:
        with pytest.raises(ZeroDivisionError):
            advise(model, loader, loss)
    else:
        advise(model, loader, loss)
    assert state(order) == before
    assert [module.training for module in model.modules()] == modes
    assert torch.get_num_threads() == threads
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, weights[name]), name
    for parameter, gradient in zip(model.parameters(), gradients, strict=True):
        assert torch.equal(parameter.grad, gradient)
    after = optimizer.state_dict()
    assert after["param_groups"] == moments["param_groups"]
    for key, entry in moments["state"].items():
        assert all(torch.equal(entry[name], after["state"][key][name]) for name in entry)
    assert len(model[0]._forward_hooks) == 1
    handle.remove()


def test_same_seed_same_bytes() -> None:
    assert advise(net, (X, Y), seed=4).to_json() == advise(net, (X, Y), seed=4).to_json()


def test_the_advice_builds_what_it_recommends_and_survives_json() -> None:
    advice = advise(net(), (X, Y))
    optimizer, scheduler = advice.build(net(), total_steps=50)
    assert optimizer.param_groups[0]["lr"] == pytest.approx(advice.recommendation.learning_rate_at(0, 50))
    optimizer.step()
    scheduler.step()
    assert advisor.Advice.from_json(advice.to_json()) == advice
    assert "learning rate" in advice.explain().lower()


@pytest.mark.parametrize("seed", [0, 1])  # with 1, the trials reach the bottom of the bowl with one point alone
def test_a_fixed_rate_is_checked_and_kept(seed: int) -> None:
    torch.manual_seed(seed)
    advice = advise(net(), (X, Y), learning_rate=1e-6, optimizer="adam")
    assert advice.recommendation.learning_rate == 1e-6
    assert advice.verdict.status in {"adjusted", "inconclusive"}  # at the edge of what was tried it is not settled
    assert advice.verdict.learning_rate > 1e-4


BAD: dict[str, tuple[Any, type[InputError], str]] = {
    "no parameters": (lambda: advise(nn.ReLU(), (X, Y)), ModelError, "no parameters"),
    "frozen": (lambda: advise(net().requires_grad_(False), (X, Y)), ModelError, "frozen"),
    "wrong input size": (lambda: advise(nn.Linear(3, 2), (X, Y)), ModelError, "sizes and types of inputs and targets"),
    "too few outputs": (
        lambda: advise(net(1), (X, Y.float()[:, None].repeat(1, 3)), "mse"),
        ModelError,
        "does not fit",
    ),
    "not a model": (lambda: advise(3, (X, Y)), ModelError, "cannot be trained"),
    "factory of nothing": (lambda: advise(lambda: 3, (X, Y)), ModelError, "int"),
    "unknown preset": (lambda: advise("mpl", (X, Y)), ModelError, "did you mean 'mlp'"),
    "vector loss": (lambda: advise(net(), (X, Y), lambda m, b: m(b[0]).sum(1)), PlanError, "one number"),
    "NaN loss": (lambda: advise(net(), (X, Y), lambda m, b: m(b[0]).mean() * float("nan")), PlanError, "nan"),
    "detached loss": (
        lambda: advise(net(), (X, Y), lambda m, b: m(b[0]).mean().detach()),
        PlanError,
        "does not depend",
    ),
    "unknown loss": (lambda: advise(net(), (X, Y), "mes"), PlanError, "did you mean 'mse'"),
    "no loss": (lambda: advise(net(), (X, Y), None), PlanError, "loss"),
    "batch too large": (lambda: advise(net(), (X, Y), batch_size=1000), PlanError, "larger than the data"),
    "negative epochs": (lambda: advise(net(), (X, Y), epochs=-1), PlanError, "epochs"),
    "unknown setting": (lambda: advise(net(), (X, Y), epoch=3), PlanError, "did you mean 'epochs'"),
    "unknown budget": (lambda: advise(net(), (X, Y), budget="standart"), PlanError, "did you mean 'standard'"),
    "no seconds": (lambda: advise(net(), (X, Y), budget=0.0), PlanError, "positive number of seconds"),
    "lengths differ": (lambda: advise(net(), (X, Y[:-1])), DataError, "different lengths"),
    "endless stream": (
        lambda: advise(net(), (batch for _ in iter(int, 1) for batch in batches())),
        PlanError,
        "length of the run is not known",
    ),
    "empty": (lambda: advise(net(), []), DataError, "single batch"),
    "target on arrays": (lambda: advise(net(), (X, Y), target="y"), DataError, "not a table"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_used_is_named(case: str) -> None:
    call, kind, message = BAD[case]
    with pytest.raises(kind, match=message):
        call()


@pytest.mark.parametrize("slope", [0.0, 1.0])
def test_a_task_without_noise_ends_at_a_loss_of_zero(slope: float) -> None:
    x = torch.randn(200, 4, generator=torch.Generator().manual_seed(0))
    model = nn.Linear(4, 1)
    nn.init.zeros_(model.weight)
    nn.init.zeros_(model.bias)
    advice = advisor.advise(model, (x, slope * x[:, :1]), loss="mse", epochs=40, batch_size=20, budget="quick")
    assert advice.verdict.status in {"confirmed", "adjusted", "inconclusive"}
    assert "inf" not in paragraph_of(advice.verdict.reasons)
    assert advice.to_html()


def test_what_is_stated_goes_before_what_was_found() -> None:
    x = torch.randn(64, 4, generator=torch.Generator().manual_seed(0))

    def advised(facts: dict[str, object] | None) -> advisor.Advice:
        return advisor.advise(
            torch.nn.Linear(4, 1), (x, x[:, :1]), "mse", epochs=3, batch_size=16, budget="none", facts=facts
        )

    assert advised(None).facts.model.pretrained is None
    told = advised({"model.pretrained": True, "model.pretrained_learning_rate": "3e-4"})
    assert told.facts.model.pretrained is True
    assert told.facts.model.pretrained_learning_rate == 3e-4
    with pytest.raises(advisor.AdvisorError, match=r"no fact is called 'model.pretraind'; did you mean 'model.pretr"):
        advised({"model.pretraind": True})
