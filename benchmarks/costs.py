"""What asking costs: peak memory beside a plain training, whether seconds are kept, what a second rank saves.

``python -m benchmarks.costs`` measures all of it, keeps it in ``benchmarks/results/costs.json`` and writes it to the
page of results. Every figure is that of a process of its own: one trains and nothing else, another asks for advice.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - the field's name for it

from benchmarks.cost_jobs import JOBS

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "benchmarks/results/costs.json"
PAGE = ROOT / "docs/benchmarks.md"
BEGIN, END = "<!-- costs: begin -->", "<!-- costs: end -->"
SECONDS = 30
"""The budget that is held. Judgement: long enough for trials, short enough to measure."""
WITHIN = (20.0, 33.0)
"""Seconds such a call takes. Judgement: it uses what it was given, and passes it by a tenth at most."""
MEMORY_RATIO = 1.3
"""Peak memory over that of a plain training, beside one copy of what trains. Judgement: what fits once has to fit."""
WEIGHED_BUDGET = "quick"
"""The budget whose memory is measured. Judgement: it takes every way that a larger one takes, only for less long."""
TRAINED_STEPS = 12
"""Steps of the plain training whose memory is measured. Judgement: the third is as large as the last."""
RANKED_JOB, RANKED_BUDGET = "language model of 0.6M", "standard"
"""What is asked under ``torchrun``. Judgement: its trials train one after another, and take most of the call."""
RANK_RATIO = 0.65
"""Time of two ranks over that of one, at most. Judgement: half, and what rank 0 does alone."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What was measured of one job.

    Attributes:
        job: its name.
        parameters: of the model.
        trainable: of these.
        training_megabytes: peak of a process that trains.
        advice_megabytes: peak of one that asks, with ``WEIGHED_BUDGET``.
        seconds: that asking takes with a budget of ``SECONDS``.
        load: other work of the machine, as running processes, when that began.
    """

    job: str
    parameters: int
    trainable: int
    training_megabytes: float | None = None
    advice_megabytes: float | None = None
    seconds: float | None = None
    load: float | None = None

    @property
    def allowed(self) -> float | None:
        """Megabytes that asking may take."""
        if self.training_megabytes is None:
            return None
        return MEMORY_RATIO * self.training_megabytes + 4 * self.trainable / 1e6


@dataclass(frozen=True, slots=True)
class Ranks:
    """What a call takes under ``torchrun``, by ranks of one thread each.

    Attributes:
        one: seconds of the call on one rank.
        two: on two.
        load: other work of the machine, as running processes, when the measurement began.
    """

    one: float
    two: float
    load: float


def train(name: str) -> None:
    """Train as a user does, with AdamW."""
    job = JOBS[name]
    model, data, loss = job.make()
    optimizer = torch.optim.AdamW([one for one in model.parameters() if one.requires_grad], 1e-4)
    for step in range(TRAINED_STEPS):
        rows = torch.randint(len(data[0]), (job.batch_size,), generator=torch.Generator().manual_seed(step))
        batch = tuple(part[rows] for part in data)
        optimizer.zero_grad()
        if callable(loss):
            value = loss(model, batch)
        else:
            value = (F.mse_loss if loss == "mse" else F.cross_entropy)(model(batch[0]), batch[1])
        value.backward()
        optimizer.step()


def ask(name: str, budget: Any) -> float:
    """Ask for advice about a job, and return the seconds of the call."""
    import advisor

    advise = advisor.advise  # loads what it needs
    job = JOBS[name]
    model, data, loss = job.make()
    source = data if len(data) > 1 else torch.utils.data.TensorDataset(*data)
    weighed = budget == WEIGHED_BUDGET or job.timed is None
    epochs = job.epochs if weighed else job.timed
    began = time.perf_counter()
    advise(model, source, loss, epochs=epochs, batch_size=job.batch_size, budget=budget)
    return time.perf_counter() - began


def child(name: str, what: str) -> None:
    """Do one thing in this process, and print what it took."""
    torch.set_num_threads(1)
    ranks = int(os.environ.get("WORLD_SIZE", "0"))
    if ranks:
        torch.distributed.init_process_group("gloo")
    seconds = None
    if what == "train":
        train(name)
    else:
        seconds = ask(name, float(what) if what.isdecimal() else what)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 2**20)
    if not ranks or torch.distributed.get_rank() == 0:
        print(json.dumps({"seconds": seconds, "megabytes": peak * 2**20 / 1e6}), flush=True)
    if ranks:
        torch.distributed.destroy_process_group()


def in_process(name: str, what: str, ranks: int = 0) -> dict[str, float]:
    """Return the seconds of asking, and the megabytes of a process that does one thing.

    Args:
        name: of the job.
        what: ``train``, or the budget of asking.
        ranks: that ``torchrun`` starts; 0: it is not used.
    """
    launcher = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={ranks}"] if ranks else []
    command = [sys.executable, *launcher, "-m", "benchmarks.costs", "--child", name, what]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def measure(name: str, what: str) -> Cost:
    """Measure one job, keep what else is known of it, and print it.

    Args:
        name: of the job.
        what: memory, time or both.
    """
    job = JOBS[name]
    model = job.make()[0]
    parameters = sum(one.numel() for one in model.parameters())
    trainable = sum(one.numel() for one in model.parameters() if one.requires_grad)
    del model
    cost = replace(kept_costs().get(name, Cost(name, 0, 0)), parameters=parameters, trainable=trainable)
    if job.weighed and what != "time":
        training, asking = (in_process(name, part)["megabytes"] for part in ("train", WEIGHED_BUDGET))
        cost = replace(cost, training_megabytes=training, advice_megabytes=asking)
    if job.timed is not None and what != "memory":
        load = os.getloadavg()[0]
        cost = replace(cost, seconds=in_process(name, str(SECONDS))["seconds"], load=load)
    print("  ".join(_cells(cost)), flush=True)
    return cost


def measure_ranks() -> Ranks:
    """Ask under ``torchrun`` with one rank and with two, and print it."""
    load = os.getloadavg()[0]
    one, two = (in_process(RANKED_JOB, RANKED_BUDGET, ranks)["seconds"] for ranks in (1, 2))
    found = Ranks(one, two, load)
    print(_told(found), flush=True)
    return found


def kept_ranks() -> Ranks | None:
    """Return what was measured of ranks before."""
    if not RESULTS.exists():
        return None
    kept = json.loads(RESULTS.read_text(encoding="utf-8")).get("ranks")
    return None if kept is None else Ranks(**kept)


def kept_costs() -> dict[str, Cost]:
    """Return what was measured before, by job."""
    if not RESULTS.exists():
        return {}
    return {one["job"]: Cost(**one) for one in json.loads(RESULTS.read_text(encoding="utf-8"))["costs"]}


def keep(cost: Cost | None = None, ranks: Ranks | None = None) -> None:
    """Write a result and the section of the page."""
    known = kept_costs() if cost is None else kept_costs() | {cost.job: cost}
    ranks = ranks or kept_ranks()
    result = {
        "command": "python -m benchmarks.costs",
        "versions": {"python": platform.python_version(), "torch": torch.__version__},
        "processors": os.cpu_count(),
        "costs": [asdict(known[name]) for name in JOBS if name in known],
        "ranks": None if ranks is None else asdict(ranks),
    }
    RESULTS.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    PAGE.write_text(f"{before}{section()}{rest.partition(END)[2]}", encoding="utf-8")


def _cells(cost: Cost) -> list[str]:
    numbers = [cost.training_megabytes, cost.advice_megabytes, cost.allowed]
    seconds = "–" if cost.seconds is None else f"{cost.seconds:.1f} (load {cost.load:.1f})"
    size = f"{cost.parameters / 1e6:.2f}M, {cost.trainable / 1e6:.2f}M train"
    return [cost.job, size, *("–" if one is None else f"{one:.0f}" for one in numbers), seconds]


def _told(ranks: Ranks) -> str:
    return (
        f"Two ranks of `torchrun`, one thread each, take {ranks.two:.1f} s for what one takes {ranks.one:.1f} s for: "
        f"{ranks.two / ranks.one:.2f} of its time ({RANK_RATIO:g} wanted; load {ranks.load:.1f})."
    )


def section() -> str:
    """Return what the page of results says about costs."""
    lines = "\n".join(f"| {' | '.join(_cells(one))} |" for one in kept_costs().values())
    allowed = f"allowed: {MEMORY_RATIO} × alone and a copy of what trains"
    ranks = kept_ranks()
    told = "" if ranks is None else f"\n{_told(ranks)}\n"
    wanted = f"({WITHIN[0]:g} to {WITHIN[1]:g} wanted)"
    return f"""{BEGIN}
Peak MB of processes: AdamW alone; asking with `budget="{WEIGHED_BUDGET}"`; {allowed}. Seconds of
`budget={SECONDS}` {wanted}, with the load of the machine. By `python -m benchmarks.costs`.

| job | parameters | alone | asking | allowed | seconds |
|---|---|---|---|---|---|
{lines}
{told}{END}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("jobs", nargs="*", help=f"some of: {', '.join(JOBS)}; all by default, which takes minutes")
    parser.add_argument("--what", choices=["memory", "time", "both", "ranks"], default="both", help="what to measure")
    parser.add_argument("--child", nargs=2, metavar=("JOB", "WHAT"), help="do one thing in this process")
    options = parser.parse_args()
    if options.child:
        child(*options.child)
        return
    if options.what != "ranks":
        for name in options.jobs or JOBS:
            keep(measure(name, options.what))
    if options.what == "ranks" or not options.jobs:
        keep(ranks=measure_ranks())


if __name__ == "__main__":
    main()
