"""Hugging Face: arguments from an advice, advice from a trainer with its collator and adapters, and a guard."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

import pytest
import torch
from peft import LoraConfig, get_peft_model
from torch import nn
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    Trainer,
    TrainingArguments,
    get_cosine_schedule_with_warmup,
)

import advisor
import advisor.huggingface
from advisor.errors import PlanError
from advisor.recipe.training_arguments import training_arguments
from advisor.results import Interval

pytestmark = pytest.mark.filterwarnings("ignore")


def model() -> BertForSequenceClassification:
    config = BertConfig(
        vocab_size=50, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32, num_labels=2
    )
    torch.manual_seed(0)
    return BertForSequenceClassification(config)


def rows() -> list[dict[str, torch.Tensor]]:
    draw = torch.Generator().manual_seed(0)
    ids = torch.randint(0, 50, (64, 12), generator=draw)
    return [{"input_ids": row, "attention_mask": torch.ones_like(row), "labels": (row[0] > 25).long()} for row in ids]


def trainer(tmp_path, net: nn.Module | None = None, **settings: object) -> Trainer:
    base = {
        "per_device_train_batch_size": 8,
        "num_train_epochs": 2,
        "report_to": "none",
        "use_cpu": True,
        "save_strategy": "no",
    }
    return Trainer(net or model(), TrainingArguments(str(tmp_path), **{**base, **settings}), train_dataset=rows())


def test_a_trainer_is_advised_and_applied(tmp_path) -> None:
    own = trainer(tmp_path)
    before = {name: value.clone() for name, value in own.model.state_dict().items()}
    advice = advisor.huggingface.advise(own)
    assert all(torch.equal(value, before[name]) for name, value in own.model.state_dict().items())
    assert (advice.recommendation.total_steps, advice.recommendation.batch_size) == (16, 8)
    advisor.huggingface.apply(own, advice)
    own.train()
    assert own.state.global_step == 16
    assert own.optimizer.param_groups[0]["lr"] < advice.recommendation.learning_rate


class RecordingTrainer(Trainer):
    """Keeps metrics in its loss, as TRL's trainers do."""

    def __init__(self, *args: object, **settings: object) -> None:
        super().__init__(*args, **settings)
        self.metrics = {"train": defaultdict(list)}
        self.tokens = 0

    def compute_loss(self, model: nn.Module, inputs: dict[str, torch.Tensor], **settings: object) -> torch.Tensor:
        loss = super().compute_loss(model, inputs, **settings)
        self.metrics["train"]["loss"].append(float(loss.detach()))
        self.tokens += inputs["input_ids"].numel()
        return loss


def test_what_a_loss_writes_to_the_trainer_is_left_to_its_own_run(tmp_path) -> None:
    plain = trainer(tmp_path)
    own = RecordingTrainer(plain.model, plain.args, train_dataset=plain.train_dataset)
    advisor.huggingface.advise(own)
    assert (own.metrics, own.tokens) == ({"train": {}}, 0)
    own.train()
    assert (len(own.metrics["train"]["loss"]), own.tokens) == (16, 16 * 8 * 12)


def test_adapters_are_seen(tmp_path) -> None:
    adapted = get_peft_model(model(), LoraConfig(task_type="SEQ_CLS", r=2, target_modules=["query", "value"]))
    advice = advisor.huggingface.advise(trainer(tmp_path, adapted), budget="none")
    assert advice.facts.model.adapter == "lora"
    assert advice.facts.model.trainable_parameters < 0.3 * advice.facts.model.parameters


def advice_of(**plan: object) -> advisor.Recommendation:
    return advisor.recommend(model=advisor.ModelFacts(family="transformer"), plan=advisor.Plan(steps=200, **plan))


def test_arguments_hold_the_recommendation(tmp_path) -> None:
    own = trainer(tmp_path)
    plan = advisor.Plan(optimizer="adamw", schedule="cosine", warmup_fraction=0.1)
    advice = advisor.huggingface.advise(own, budget="none", plan=plan)
    arguments = advisor.huggingface.training_arguments(advice, str(tmp_path), use_cpu=True)
    assert arguments.learning_rate == pytest.approx(advice.recommendation.learning_rate, rel=1e-5)
    assert (arguments.lr_scheduler_type, arguments.max_steps) == ("cosine", 16)
    assert arguments.max_grad_norm == (advice.recommendation.clip_norm or 0.0)
    other = advisor.huggingface.advise(own, budget="none", plan=advisor.Plan(schedule="one_cycle"))
    with pytest.raises(PlanError, match="optimizers=tuple"):
        advisor.huggingface.training_arguments(other)


@pytest.mark.parametrize("warmup", [0.0, 0.1])
def test_its_curve_is_ours_within_a_step(warmup: float) -> None:
    rec = advice_of(optimizer="adamw", schedule="cosine", warmup_fraction=warmup)
    rising = dict(training_arguments(rec).values)["warmup_steps"]
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=rec.learning_rate)
    scheduler = get_cosine_schedule_with_warmup(optimizer, rising, 200)
    theirs = []
    for _ in range(200):
        theirs.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    ours = [rec.learning_rate_at(step) for step in range(200)]
    steepest = max(abs(a - b) for a, b in pairwise(ours))
    assert max(abs(a - b) for a, b in zip(ours, theirs, strict=True)) <= 1.05 * steepest


def test_the_guard_stops_a_lost_run(tmp_path) -> None:
    own = trainer(tmp_path, num_train_epochs=30, logging_steps=1, logging_nan_inf_filter=False)
    guard = advisor.huggingface.GuardCallback(on_problem="stop")
    own.add_callback(guard)
    loss_of = own.compute_loss

    def broken(*arguments, **settings):
        return loss_of(*arguments, **settings) * (float("nan") if own.state.global_step > 20 else 1.0)

    own.compute_loss = broken
    own.train()
    assert own.state.global_step < 40
    assert guard.guard.problems[0].symptom == "nonfinite"


@pytest.mark.parametrize("schedule", ["cosine", "one_cycle"])
def test_the_printed_program_runs(schedule: str, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    rec = advisor.recommend(plan=advisor.Plan(steps=4, batch_size=4, optimizer="adamw", schedule=schedule))
    assert rec.interval.lower < rec.interval.upper
    assert isinstance(rec.interval, Interval)
    exec(compile(rec.snippet("huggingface"), "train.py", "exec"), {"__name__": "train"})  # noqa: S102
