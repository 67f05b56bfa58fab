"""A recommendation as a complete script, without advisor: plain torch, or another framework."""

from __future__ import annotations

from typing import Literal, get_args

from advisor.errors import PlanError, did_you_mean
from advisor.recipe import code_frameworks
from advisor.recipe.code_parts import TRAIN_MODE, optimizer_code, schedule_code
from advisor.results import Recommendation

Framework = Literal["torch", "lightning", "huggingface", "keras"]
FRAMEWORKS: tuple[Framework, ...] = get_args(Framework)

_TEMPLATE = """\
import math

import torch
from torch import nn
{imports}
# Replace these three by your own model, batches and loss.
model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 1))
batches = [(torch.randn({batch}, 8), torch.randn({batch}, 1)) for _ in range(4)]
loss_of = nn.MSELoss()

{schedule}


{groups}
{making}
step = 0
model.train()
{averaging}while step < TOTAL_STEPS:
    for x, y in batches:
        if step == TOTAL_STEPS:
            break
{stepping}        step += 1
"""

_GROUPS = """\
# Norms and biases are not decayed.
trainable = [p for p in model.parameters() if p.requires_grad]
decayed = [p for p in trainable if p.ndim >= 2]
others = [p for p in trainable if p.ndim < 2]"""

_MUON_GROUPS = """\
# Muon takes hidden matrices only; embeddings, the output layer, norms and biases go to AdamW.
kept_out = [m.weight for m in model.modules() if isinstance(m, nn.Embedding)]
kept_out.append([m for m in model.modules() if isinstance(m, nn.Linear)][-1].weight)
trainable = [p for p in model.parameters() if p.requires_grad]
matrices = [p for p in trainable if p.ndim == 2 and not any(p is q for q in kept_out)]
rest = [p for p in trainable if not any(p is q for q in matrices)]
decayed = [p for p in rest if p.ndim >= 2]
others = [p for p in rest if p.ndim < 2]"""


def snippet(recommendation: Recommendation, framework: Framework = "torch") -> str:
    """Return a runnable script with this optimizer, schedule and clipping; only model and data stand in.

    Args:
        recommendation: what to write down.
        framework: ``torch`` (a plain loop), ``lightning``, ``huggingface`` (Trainer) or ``keras``.

    Returns:
        Python source, numbers to six digits. For an optimizer that torch lacks it imports the package that has it and
        says how to install it.

    Raises:
        PlanError: an unknown framework, or one that has no such optimizer.
    """
    match framework:
        case "torch":
            return _torch(recommendation)
        case "lightning":
            return code_frameworks.lightning(recommendation)
        case "huggingface":
            return code_frameworks.huggingface(recommendation)
        case "keras":
            return code_frameworks.keras(recommendation)
        case _:
            raise PlanError(
                f"no framework is called {framework!r}{did_you_mean(framework, FRAMEWORKS)} "
                f"(known: {', '.join(FRAMEWORKS)})"
            )


def _torch(recommendation: Recommendation) -> str:
    code = optimizer_code(recommendation)
    names = [("optimizer", "scheduler")]
    making = f"optimizer = {code.expression}\n"
    if code.beside is not None:
        making += f"adamw = {code.beside}\n"
        names.append(("adamw", "adamw_scheduler"))
    for optimizer, scheduler in names:
        making += f"{scheduler} = torch.optim.lr_scheduler.LambdaLR({optimizer}, multiplier)\n"
    clip = recommendation.clip_norm
    lines = [
        *(f"{optimizer}.zero_grad()" for optimizer, _ in names),
        "loss = loss_of(model(x), y)",
        "loss.backward()",
        *([f"nn.utils.clip_grad_norm_(model.parameters(), {clip:g})"] if clip is not None else []),
        *(f"{optimizer}.step()" for optimizer, _ in names),
        *(f"{scheduler}.step()  # after every optimizer step" for _, scheduler in names),
    ]
    averaging = TRAIN_MODE if code.averages else ""
    return _TEMPLATE.format(
        imports=code.imports,
        batch=min(recommendation.batch_size or 32, 256),
        schedule=schedule_code(recommendation),
        groups=_GROUPS if code.beside is None else _MUON_GROUPS,
        making=making,
        averaging=averaging,
        stepping="".join(f"        {line}\n" for line in lines),
    )
