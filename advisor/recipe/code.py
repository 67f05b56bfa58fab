"""A recommendation as a complete script that needs torch and nothing else."""

from __future__ import annotations

from advisor.recipe.optimizers import OPTIMIZER_INFO
from advisor.recipe.schedules import (
    CYCLES,
    ONE_CYCLE_RISE,
    ONE_CYCLE_START,
    SCHEDULE_INFO,
    STABLE_SHARE,
    STEP_FACTOR,
    STEP_MILESTONES,
    warmup_steps,
)
from advisor.results import Recommendation

_SHAPES = {
    "constant": "    return 1.0",
    "step": f"    return {STEP_FACTOR} ** sum(progress >= m for m in ({', '.join(f'{m:.6g}' for m in STEP_MILESTONES)}))",
    "exponential": "    return FINAL ** progress",
    "cosine": "    return FINAL + (1 - FINAL) * (1 + math.cos(math.pi * progress)) / 2",
    "linear": "    return 1 + (FINAL - 1) * progress",
    "cyclical": (
        f"    position = (progress * {CYCLES}) % 1 if progress < 1 else 1.0\n"
        "    return FINAL + (1 - FINAL) * (1 - abs(2 * position - 1))"
    ),
    "one_cycle": (
        f"    if progress < {ONE_CYCLE_RISE}:\n"
        f"        rise = (1 - math.cos(math.pi * progress / {ONE_CYCLE_RISE})) / 2\n"
        f"        return {ONE_CYCLE_START} + {1 - ONE_CYCLE_START} * rise\n"
        f"    falling = (progress - {ONE_CYCLE_RISE}) / {1 - ONE_CYCLE_RISE}\n"
        "    return FINAL + (1 - FINAL) * (1 + math.cos(math.pi * falling)) / 2"
    ),
    "warmup_stable_decay": (
        f"    if progress < {STABLE_SHARE}:\n"
        "        return 1.0\n"
        f"    return 1 - (1 - FINAL) * ((progress - {STABLE_SHARE}) / {1 - STABLE_SHARE:.6g}) ** 0.5"
    ),
}

_TEMPLATE = '''\
import math

import torch
from torch import nn

# Replace these two by your own model and batches.
model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 1))
batches = [(torch.randn({batch}, 8), torch.randn({batch}, 1)) for _ in range(4)]
loss_of = nn.MSELoss()

TOTAL_STEPS = {steps}  # optimizer steps of the whole run{steps_note}
WARMUP_STEPS = {warmup}
FINAL = {final:.6g}  # learning rate at the end, as a share of the peak

# Norms and biases are not decayed.
decayed = [p for p in model.parameters() if p.requires_grad and p.ndim >= 2]
others = [p for p in model.parameters() if p.requires_grad and p.ndim < 2]
optimizer = {optimizer}


def multiplier(step):
    """{formula}"""
    if step < WARMUP_STEPS:
        return (step + 1) / (WARMUP_STEPS + 1)
    progress = min(1.0, (step - WARMUP_STEPS) / max(1, TOTAL_STEPS - 1 - WARMUP_STEPS))
{shape}


scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, multiplier)

step = 0
while step < TOTAL_STEPS:
    for x, y in batches:
        if step == TOTAL_STEPS:
            break
        optimizer.zero_grad()
        loss = loss_of(model(x), y)
        loss.backward()
{clip}        optimizer.step()
        scheduler.step()  # after every optimizer step
        step += 1
'''


def snippet(recommendation: Recommendation) -> str:
    """Return a runnable script with this optimizer, schedule and clipping; only model and data stand in.

    For an optimizer that torch lacks, the line that makes it imports the package that has it.
    """
    steps = recommendation.total_steps or 1_000
    info = SCHEDULE_INFO[recommendation.schedule]
    rising = warmup_steps(steps, recommendation.warmup_fraction) if info.takes_warmup else 0
    final = info.default_final if recommendation.final_fraction is None else recommendation.final_fraction
    clip = f"        nn.utils.clip_grad_norm_(model.parameters(), {recommendation.clip_norm:g})\n"
    return _TEMPLATE.format(
        batch=min(recommendation.batch_size or 32, 256),
        steps=steps,
        steps_note="" if recommendation.total_steps else " (put your own number here)",
        warmup=rising,
        final=max(final, 1e-8) if recommendation.schedule == "exponential" else final,
        optimizer=_optimizer_code(recommendation),
        formula=f"{info.title}: {info.formula}",
        shape=_SHAPES[recommendation.schedule],
        clip=clip if recommendation.clip_norm is not None else "",
    )


def _optimizer_code(rec: Recommendation) -> str:
    groups = (
        f'[{{"params": decayed, "weight_decay": {rec.weight_decay:.6g}}}, {{"params": others, "weight_decay": 0.0}}]'
    )
    info = OPTIMIZER_INFO[rec.optimizer]
    rate = f"lr={rec.learning_rate:.6g}"

    def setting(name: str) -> float | bool:
        stated = getattr(rec, name)
        return info.settings[name] if stated is None else stated

    match rec.optimizer:
        case "sgd":
            momentum = float(setting("momentum"))
            nesterov = bool(setting("nesterov")) and momentum > 0
            return f"torch.optim.SGD(\n    {groups},\n    {rate}, momentum={momentum:g}, nesterov={nesterov},\n)"
        case "rmsprop":
            extra = f"alpha={setting('beta2'):g}, momentum={setting('momentum'):g}, eps={setting('epsilon'):g}"
            return f"torch.optim.RMSprop(\n    {groups},\n    {rate}, {extra},\n)"
        case "adagrad":
            return f"torch.optim.Adagrad(\n    {groups},\n    {rate}, eps={setting('epsilon'):g},\n)"
        case "adam" | "adamw":
            extra = f"betas=({setting('beta1'):g}, {setting('beta2'):g}), eps={setting('epsilon'):g}"
            return f"torch.optim.{info.torch_class}(\n    {groups},\n    {rate}, {extra},\n)"
        case "adafactor":
            return f"torch.optim.Adafactor(\n    {groups},\n    {rate},\n)"
        case "muon":
            return (
                "torch.optim.Muon(  # hidden matrices only; give embeddings, heads and vectors to AdamW\n"
                f"    decayed, {rate}, momentum={setting('momentum'):g}, weight_decay={rec.weight_decay:.6g},\n)"
            )
        case _:
            module, name = _ELSEWHERE[rec.optimizer]
            return f'__import__("{module}", fromlist=["{name}"]).{name}({groups}, {rate})  # pip install {info.package}'


_ELSEWHERE = {
    "lion": ("lion_pytorch", "Lion"),
    "lamb": ("timm.optim", "Lamb"),
    "lars": ("timm.optim", "Lars"),
    "schedule_free_adamw": ("schedulefree", "AdamWScheduleFree"),
    "prodigy": ("prodigyopt", "Prodigy"),
}
