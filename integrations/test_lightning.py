"""Lightning: advice from the module's own step, applied at fit start; a guard that stops a lost run."""

from __future__ import annotations

import warnings

import lightning
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import advisor
import advisor.lightning
from advisor.errors import PlanError

pytestmark = pytest.mark.filterwarnings("ignore")


class Net(lightning.LightningModule):
    def __init__(self, rate: float = 1e-3) -> None:
        super().__init__()
        self.body, self.head, self.rate = nn.Linear(8, 16), nn.Linear(16, 1), rate

    def training_step(self, batch, _):
        x, y = batch
        loss = nn.functional.mse_loss(self.head(torch.tanh(self.body(x))), y)
        self.log("train_loss", loss)
        return {"loss": loss}

    def configure_optimizers(self):
        groups = [{"params": self.body.parameters(), "lr": self.rate / 10}, {"params": self.head.parameters()}]
        return [torch.optim.AdamW(groups, lr=self.rate)]


def loader() -> DataLoader:
    x = torch.randn(256, 8, generator=torch.Generator().manual_seed(0))
    return DataLoader(TensorDataset(x, x[:, :1] * x[:, 1:2] + x[:, 2:3]), batch_size=32, shuffle=True)


def trainer(**settings: object) -> lightning.Trainer:
    quiet = {
        "logger": False,
        "enable_checkpointing": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
    }
    return lightning.Trainer(accelerator="cpu", **{**quiet, **settings})


def test_a_module_is_advised_by_its_own_step_and_left_alone() -> None:
    module = Net()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    advice = advisor.lightning.advise(module, loader(), epochs=4)
    assert advice.recommendation.optimizer == "adamw"
    assert [group.rate_factor for group in advice.recommendation.groups] == pytest.approx([0.1, 1.0])
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())


def test_a_data_module_is_read() -> None:
    class Data(lightning.LightningDataModule):
        def train_dataloader(self) -> DataLoader:
            return loader()

    assert advisor.lightning.advise(Net(), Data(), epochs=2, budget="none").recommendation.learning_rate > 0


def test_the_callback_sets_rates_schedule_and_clipping() -> None:
    callback, fit = advisor.lightning.AdviceCallback(), trainer(max_epochs=4)
    rates = []

    class Record(lightning.Callback):
        def on_train_batch_start(self, trainer, *_):
            rates.append([group["lr"] for group in trainer.optimizers[0].param_groups])

    fit.callbacks.append(Record())
    fit.callbacks.insert(0, callback)
    fit.fit(Net(), loader())
    rec = callback.advice.recommendation
    assert len(rates) == 32
    assert [pair[1] for pair in rates] == pytest.approx([rec.learning_rate_at(step, 32) for step in range(32)])
    assert [pair[0] for pair in rates] == pytest.approx([pair[1] / 10 for pair in rates])
    assert fit.gradient_clip_val == rec.clip_norm


def test_several_optimizers_are_refused() -> None:
    class Two(Net):
        def configure_optimizers(self):
            return [torch.optim.SGD(self.body.parameters()), torch.optim.SGD(self.head.parameters())]

    with pytest.raises(PlanError, match="2 optimizers"):
        advisor.lightning.advise(Two(), loader(), epochs=1)


def test_the_guard_stops_a_lost_run() -> None:
    class Lost(Net):
        def training_step(self, batch, index):
            found = super().training_step(batch, index)
            return {"loss": found["loss"] * (float("nan") if self.global_step > 20 else 1.0)}

    guard, fit = advisor.lightning.GuardCallback(on_problem="stop"), trainer(max_epochs=50)
    fit.callbacks.append(guard)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit.fit(Lost(), loader())
    assert fit.global_step < 40
    assert guard.guard.problems[0].symptom == "nonfinite"


def test_the_printed_program_runs(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    advice = advisor.lightning.advise(Net(), loader(), epochs=1, budget="none")
    exec(compile(advice.code("lightning"), "train.py", "exec"), {"__name__": "train"})  # noqa: S102
