"""Checks and times everything on the accelerator of this machine: ``python -m benchmarks.gpu``, under five minutes.

Where there is none it says so. Each line is one check with the seconds it took; a check that fails says what it found,
and the command ends with 1. ``--fake`` runs the same checks on the processor, where what only an accelerator shows is
said to be unmeasured; ``--short`` takes less of everything.
"""

from __future__ import annotations

import argparse
import copy
import platform
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, TensorDataset

import advisor
from advisor.isolation import generator_states, process_state_kept
from advisor.recipe.optimizers import OptimizerSettings
from advisor.training.batched.trainer import BatchedTrainer
from advisor.training.devices import wait_for
from advisor.training.job import make_job
from advisor.training.runs import Recipe, Run
from advisor.training.sequential import SequentialTrainer

LIMIT = 300.0
"""Seconds after which no further check begins. Judgement: what a lent device has to spare."""
UNMEASURED = "not measured on this device"
RECIPE = Recipe(OptimizerSettings("adamw"), "cosine")
RUNS = [Run(rate, seed) for rate in (1e-3, 3e-3) for seed in (0, 1)]


def _pictures(count: int, size: int = 32) -> tuple[Tensor, Tensor]:
    order = torch.Generator().manual_seed(0)
    labels = torch.randint(10, (count,), generator=order)
    return torch.randn(count, 3, size, size, generator=order) + labels.view(-1, 1, 1, 1) / 5, labels


def _conv(norm: bool = True) -> nn.Module:
    layers: list[nn.Module] = []
    for before, after in ((3, 32), (32, 64), (64, 128)):
        layers += [nn.Conv2d(before, after, 3, padding=1), nn.BatchNorm2d(after) if norm else nn.Identity()]
        layers += [nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Dropout(0.1), nn.Linear(128 * 16, 10))


def _attentive() -> nn.Module:
    block = nn.TransformerEncoderLayer(128, 4, 256, 0.0, batch_first=True, norm_first=True)
    return nn.Sequential(
        nn.TransformerEncoder(block, 2, enable_nested_tensor=False), nn.Flatten(), nn.Linear(128 * 64, 1)
    )


class _Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer, self.head = nn.LSTM(16, 32, batch_first=True), nn.Linear(32, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.layer(x)[0][:, -1])


def _advised(model: Any, data: Any, loss: Any, **settings: Any) -> str:
    """Return what comes of a check with data on the host, after making sure that nothing of the user's changed."""
    weights = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    before = generator_states()
    advice = advisor.advise(model, data, loss, **{"epochs": 5, "batch_size": 64, "budget": "quick", **settings})
    if not all(map(torch.equal, before, generator_states())):
        raise AssertionError("a generator was left elsewhere")
    if not all(torch.equal(tensor, weights[name]) for name, tensor in model.state_dict().items()):
        raise AssertionError("weights of the user's changed")
    verdict = advice.verdict
    if not verdict.trials:
        raise AssertionError(f"nothing was tried: {[one.code for one in (*verdict.reasons, *verdict.notes)]}")
    return f"{verdict.status}, {advice.recommendation.learning_rate:.2g}, {len(verdict.trials)} rates, {verdict.path}"


class Checks:
    """Every check; each returns what to say of it."""

    def __init__(self, device: torch.device, samples: int = 2_000, seconds: float = 10.0, steps: int = 60) -> None:
        """Draw the data.

        Args:
            device: that is checked.
            samples: pictures.
            seconds: of the deadline that is checked.
            steps: of runs that are timed one by one and together.
        """
        self.device = device
        self.steps = steps
        self.seconds = seconds
        self.x, self.y = _pictures(samples)

    def by_name(self) -> dict[str, Callable[[], str]]:
        """Return all checks, the most telling ones first."""
        return {
            "losses agree with the CPU's": self.agreement,
            "many runs at once": self.together,
            "loader with workers": self.loader,
            "dictionaries": self.dictionaries,
            "data on the device": self.on_device,
            "bfloat16 autocast": lambda: self.precision("bfloat16"),
            "float16 with a scaler": lambda: self.precision("float16"),
            "the caller's autocast": self.caller,
            "weights in bfloat16": self.half_weights,
            "channels last": self.channels_last,
            "attention": self.attention,
            "attention in bfloat16": lambda: self.attention(precision="bfloat16"),
            "recurrent net": self.recurrent,
            "numbers in float64": self.doubles,
            "memory that runs out": self.little_memory,
            "frozen base is shared": self.memory,
            "a deadline": self.deadline,
            "torch.compile": self.compiled,
        }

    def loader(self) -> str:
        data = DataLoader(
            TensorDataset(self.x, self.y), 64, shuffle=True, pin_memory=self.device.type == "cuda", num_workers=2
        )
        return _advised(_conv().to(self.device), data, "cross_entropy")

    def dictionaries(self) -> str:
        samples = [{"x": one, "y": label} for one, label in zip(self.x[:640], self.y[:640], strict=True)]
        return _advised(
            _conv().to(self.device),
            DataLoader(cast("Dataset[Any]", samples), 64),
            lambda model, batch: nn.functional.cross_entropy(model(batch["x"]), batch["y"]),
        )

    def precision(self, kind: str) -> str:
        return _advised(_conv().to(self.device), (self.x, self.y), "cross_entropy", precision=kind)

    def caller(self) -> str:
        with torch.autocast(self.device.type, dtype=torch.bfloat16):
            return _advised(_conv().to(self.device), (self.x, self.y), "cross_entropy")

    def channels_last(self) -> str:
        model: Any = _conv()
        return _advised(model.to(self.device, memory_format=torch.channels_last), (self.x, self.y), "cross_entropy")

    def half_weights(self) -> str:
        return _advised(_conv(norm=False).to(self.device, torch.bfloat16), (self.x, self.y), "cross_entropy")

    def compiled(self) -> str:
        return _advised(torch.compile(_conv().to(self.device)), (self.x, self.y), "cross_entropy")

    def attention(self, **settings: Any) -> str:
        texts = torch.randn(len(self.x) // 4, 64, 128, generator=torch.Generator().manual_seed(1))
        return _advised(_attentive().to(self.device), (texts, texts[:, 0, :1]), "mse", **settings)

    def recurrent(self) -> str:
        series = torch.randn(len(self.x) // 2, 20, 16, generator=torch.Generator().manual_seed(1))
        return _advised(_Recurrent().to(self.device), (series, series.mean((1, 2))[:, None]), "mse")

    def doubles(self) -> str:
        """Targets of NumPy's usual kind, which Apple's devices do not have, with a loss that makes them the model's."""

        def loss(model: nn.Module, batch: Any) -> Tensor:
            found = model(batch[0].float())
            return nn.functional.mse_loss(found, batch[1].to(found.dtype))

        data = self.x.flatten(1).double(), self.x.mean((1, 2, 3), keepdim=True).flatten(1).double()
        return _advised(nn.Linear(3_072, 1).to(self.device), data, loss)

    def little_memory(self) -> str:
        """Leave the job the memory of a training and little more."""
        if self.device.type != "cuda":
            return UNMEASURED
        width = 8_192
        model = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 1)).to(self.device)
        rows = torch.randn(512, width)
        total = torch.cuda.get_device_properties(self.device).total_memory
        allowed = torch.cuda.memory_reserved() + 6 * 4 * width**2
        torch.cuda.set_per_process_memory_fraction(min(1.0, allowed / total))
        try:
            return _advised(model, (rows, rows[:, :1]), "mse")
        finally:
            torch.cuda.set_per_process_memory_fraction(1.0)

    def on_device(self) -> str:
        return _advised(_conv().to(self.device), (self.x.to(self.device), self.y.to(self.device)), "cross_entropy")

    def agreement(self) -> str:
        net = nn.Sequential(nn.Flatten(), nn.Linear(3_072, 64), nn.ReLU(), nn.Linear(64, 10))
        found: list[tuple[float | None, ...]] = []
        for model in (net, copy.deepcopy(net).to(self.device)):
            job = make_job(model, (self.x, self.y), "cross_entropy", batch_size=64, total_steps=60)
            if next(job.make_model(0).parameters()).device.type != next(model.parameters()).device.type:
                raise AssertionError("a copy of the model is elsewhere")
            trainers = BatchedTrainer(job), SequentialTrainer(job)
            found += [trainer.train(RECIPE, RUNS, 60, seed=0).losses for trainer in trainers]
        worst = max(
            abs((one or 0) - (two or 0)) / (two or 1)
            for other in found[1:]
            for one, two in zip(other, found[0], strict=True)
        )
        if worst > 0.05:
            raise AssertionError(f"losses differ by {worst:.1%}")
        return f"losses within {worst:.2%} of the CPU's"

    def together(self) -> str:
        job = make_job(_conv().to(self.device), (self.x, self.y), "cross_entropy", batch_size=64, total_steps=60)
        seconds = []
        for trainer in (SequentialTrainer(job), BatchedTrainer(job)):
            trainer.train(RECIPE, RUNS, self.steps // 5, seed=0)
            wait_for(self.device)
            began = time.perf_counter()
            trainer.train(RECIPE, RUNS, self.steps, seed=0)
            wait_for(self.device)
            seconds.append(time.perf_counter() - began)
        return f"{len(RUNS)} runs of {self.steps} steps: one by one {seconds[0]:.2f} s, together {seconds[1]:.2f} s"

    def memory(self) -> str:
        if self.device.type != "cuda":
            return UNMEASURED
        base = nn.Sequential(*(nn.Linear(4_096, 4_096) for _ in range(8))).requires_grad_(False)
        model = nn.Sequential(base, nn.Linear(4_096, 8), nn.Linear(8, 1)).to(self.device)
        held = torch.cuda.memory_allocated()
        torch.cuda.reset_peak_memory_stats()
        rows = torch.randn(512, 4_096)
        said = _advised(model, (rows, rows[:, :1]), "mse")
        beside = torch.cuda.max_memory_allocated() - held
        if beside > held / 2:
            raise AssertionError(f"{beside / 1e6:.0f} MB beside a frozen base of {held / 1e6:.0f} MB")
        return f"{beside / 1e6:.0f} MB beside a frozen base of {held / 1e6:.0f} MB; {said}"

    def deadline(self) -> str:
        began = time.perf_counter()
        said = _advised(_conv().to(self.device), (self.x, self.y), "cross_entropy", budget=self.seconds, epochs=100)
        took = time.perf_counter() - began
        if took > 1.1 * self.seconds + 1.0:
            raise AssertionError(f"budget={self.seconds:g} took {took:.1f} s")
        return f"budget={self.seconds:g} took {took:.1f} s; {said}"


def run(checks: Mapping[str, Callable[[], str]]) -> int:
    """Run checks, print what each says, and return how many failed."""
    began, failed = time.perf_counter(), 0
    for what, check in checks.items():
        if time.perf_counter() - began > LIMIT:
            print(f"  left out {what}: {LIMIT:g} s are over")
            continue
        since = time.perf_counter()
        try:
            with process_state_kept():
                said = check()
        except Exception as error:  # noqa: BLE001 - the next check may work
            failed += 1
            said = f"FAILED: {type(error).__name__}: {error}\n{traceback.format_exc(limit=-3)}"
        print(f"  {what}: {said} ({time.perf_counter() - since:.1f} s)", flush=True)
    print(f"{failed} failed, {time.perf_counter() - began:.0f} s in all")
    return failed


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("checks", nargs="*", help="names of some checks; all by default")
    parser.add_argument("--fake", action="store_true", help="run the checks on the CPU, to see that they work")
    parser.add_argument("--short", action="store_true", help="with less data and a shorter deadline")
    options = parser.parse_args(arguments)
    device = torch.device("cpu") if options.fake else torch.accelerator.current_accelerator(check_available=True)
    if device is None:
        print("there is no accelerator on this machine: torch sees neither CUDA nor MPS")
        return 0
    name = torch.cuda.get_device_name() if device.type == "cuda" else platform.processor() or platform.machine()
    print(f"{device.type}: {name}, torch {torch.__version__}, python {platform.python_version()}")
    known = (Checks(device, samples=320, seconds=5.0, steps=5) if options.short else Checks(device)).by_name()
    unknown = [one for one in options.checks if one not in known]
    if unknown:
        parser.error(f"no check is called {unknown[0]!r}; there are {', '.join(known)}")
    return 1 if run({one: known[one] for one in options.checks or known}) else 0


if __name__ == "__main__":
    sys.exit(main())
