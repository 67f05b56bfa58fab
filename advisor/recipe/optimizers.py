"""What there is to know about each optimizer: settings, defaults, formula, source."""

from __future__ import annotations

from dataclasses import dataclass, field

from advisor.facts.names import OptimizerName


@dataclass(frozen=True, slots=True)
class OptimizerInfo:
    """One optimizer.

    Attributes:
        name: canonical name.
        title: as people write it.
        description: what it does, in a sentence.
        update: the update rule; g gradient, w weight, η learning rate, λ weight decay.
        settings: recommendation field → value when nothing else is said.
        torch_class: class in ``torch.optim``; None when torch has none.
        package: where to get it when torch has none.
        decoupled_decay: weight decay is applied to the weight, not added to the gradient.
        source: key of the publication it comes from.
    """

    name: OptimizerName
    title: str
    description: str
    update: str
    settings: dict[str, float | bool] = field(default_factory=dict)
    torch_class: str | None = None
    package: str | None = None
    decoupled_decay: bool = False
    source: str = ""


_ADAM: dict[str, float | bool] = {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}

OPTIMIZER_INFO: dict[OptimizerName, OptimizerInfo] = {
    info.name: info
    for info in (
        OptimizerInfo(
            "sgd",
            "SGD with momentum",
            "Follows an average of past gradients.",
            "v = μv + g + λw; w -= η·v (Nesterov: w -= η·(g + μv))",
            {"momentum": 0.9, "nesterov": True},
            "SGD",
            source="founding SEED-13; sutskever2013",
        ),
        OptimizerInfo(
            "adagrad",
            "Adagrad",
            "Divides each step by the root of the sum of squared gradients, so rare features learn fast.",
            "s += g²; w -= η·g/(√s + ε)",
            {"epsilon": 1e-10},
            "Adagrad",
            source="duchi2011",
        ),
        OptimizerInfo(
            "rmsprop",
            "RMSProp",
            "Divides each step by a running root mean square of the gradient.",
            "s = ρs + (1-ρ)g²; w -= η·g/(√s + ε)",
            {"beta2": 0.9, "momentum": 0.0, "epsilon": 1e-8},
            "RMSprop",
            source="founding SEED-13; hinton2012",
        ),
        OptimizerInfo(
            "adam",
            "Adam",
            "Momentum, divided by a running root mean square of the gradient.",
            "m = β₁m + (1-β₁)g; s = β₂s + (1-β₂)g²; w -= η·m̂/(√ŝ + ε)",
            _ADAM,
            "Adam",
            source="kingma2015adam",
        ),
        OptimizerInfo(
            "adamw",
            "AdamW",
            "Adam with weight decay taken out of the gradient.",
            "w -= η·λ·w, then as Adam",
            _ADAM,
            "AdamW",
            decoupled_decay=True,
            source="loshchilov2019adamw",
        ),
        OptimizerInfo(
            "lion",
            "Lion",
            "Moves every weight by the sign of an average gradient.",
            "w -= η·(sign(β₁m + (1-β₁)g) + λw); m = β₂m + (1-β₂)g",
            {"beta1": 0.9, "beta2": 0.99},
            package="lion-pytorch",
            decoupled_decay=True,
            source="chen2023lion",
        ),
        OptimizerInfo(
            "adafactor",
            "Adafactor",
            "Adam with factored second moments, for little memory.",
            "as Adam with s ≈ row mean · column mean, no momentum",
            {},
            "Adafactor",
            decoupled_decay=True,
            source="shazeer2018adafactor",
        ),
        OptimizerInfo(
            "muon",
            "Muon",
            "Orthogonalises the momentum of each hidden matrix; AdamW for everything else.",
            "v = μv + g; w -= η·NewtonSchulz(v)",
            {"momentum": 0.95},
            "Muon",
            decoupled_decay=True,
            source="jordan2024muon",
        ),
        OptimizerInfo(
            "lamb",
            "LAMB",
            "Adam with a trust ratio per layer, for very large batches.",
            "w -= η·(‖w‖/‖u‖)·u with u = Adam's step + λw",
            {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-6},
            package="timm",
            decoupled_decay=True,
            source="you2020lamb",
        ),
        OptimizerInfo(
            "lars",
            "LARS",
            "SGD with a trust ratio per layer, for very large batches.",
            "v = μv + η·(‖w‖/‖g‖)·g; w -= v",
            {"momentum": 0.9},
            package="timm",
            source="you2017lars",
        ),
        OptimizerInfo(
            "schedule_free_adamw",
            "Schedule-Free AdamW",
            "AdamW that averages its weights instead of lowering its rate.",
            "y = (1-β₁)z + β₁x; z -= η·AdamW step at y; x averages z",
            _ADAM,
            package="schedulefree",
            decoupled_decay=True,
            source="defazio2024schedulefree",
        ),
        OptimizerInfo(
            "prodigy",
            "Prodigy",
            "Adam that estimates its own step size; the learning rate stays at 1.",
            "η = d·γ with d estimated from the distance travelled",
            _ADAM,
            package="prodigyopt",
            decoupled_decay=True,
            source="mishchenko2023prodigy",
        ),
    )
}


def settings_of(name: OptimizerName) -> dict[str, float | bool]:
    """Return the settings an optimizer takes, with their values when nothing else is said."""
    return dict(OPTIMIZER_INFO[name].settings)
