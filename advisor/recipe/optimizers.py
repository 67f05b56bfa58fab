"""What there is to know about each optimizer: settings, defaults, torch class, formula, source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from advisor.facts.names import OptimizerName
from advisor.results import Recommendation

MUON_REST_SHARE = 0.015
"""Learning rate of AdamW beside Muon over Muon's own: 3e-4 against 0.02 (KellerJordan/Muon, README)."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Where to get an optimizer that torch lacks: ``pip install package``, ``from module import name``."""

    package: str
    module: str
    name: str


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
        elsewhere: the package that has it when torch has none.
        decoupled_decay: weight decay is applied to the weight, not added to the gradient.
        source: key of the publication it comes from.
    """

    name: OptimizerName
    title: str
    description: str
    update: str
    settings: Mapping[str, float | bool] = field(default_factory=lambda: MappingProxyType({}))
    torch_class: str | None = None
    elsewhere: Elsewhere | None = None
    decoupled_decay: bool = False
    source: str = ""

    @property
    def package(self) -> str | None:
        """The package to install when torch has no such optimizer."""
        return self.elsewhere.package if self.elsewhere else None


_ADAM: Mapping[str, float | bool] = MappingProxyType({"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8})

OPTIMIZER_INFO: Mapping[OptimizerName, OptimizerInfo] = MappingProxyType(
    {
        info.name: info
        for info in (
            OptimizerInfo(
                name="sgd",
                title="SGD with momentum",
                description="Follows an average of past gradients.",
                update="v = μv + g + λw; w -= η·v (Nesterov: w -= η·(g + λw + μv))",
                settings=MappingProxyType({"momentum": 0.9, "nesterov": True}),  # torch: 0 and False
                torch_class="SGD",
                source="founding SEED-13; sutskever2013",
            ),
            OptimizerInfo(
                name="adagrad",
                title="Adagrad",
                description="Divides each step by the root of all squared gradients so far, so rare ones learn fast.",
                update="s += g²; w -= η·g/(√s + ε)",
                settings=MappingProxyType({"epsilon": 1e-10}),
                torch_class="Adagrad",
                source="duchi2011",
            ),
            OptimizerInfo(
                name="rmsprop",
                title="RMSProp",
                description="Divides each step by a running root mean square of the gradient.",
                update="s = ρs + (1-ρ)g²; w -= η·g/(√s + ε)",
                # β₂ is ρ, torch's alpha: the founding document and Hinton's lecture say 0.9, torch defaults to 0.99
                settings=MappingProxyType({"beta2": 0.9, "momentum": 0.0, "epsilon": 1e-8}),
                torch_class="RMSprop",
                source="founding SEED-13; hinton2012",
            ),
            OptimizerInfo(
                name="adam",
                title="Adam",
                description="Momentum, divided by a running root mean square of the gradient.",
                update="m = β₁m + (1-β₁)g; s = β₂s + (1-β₂)g²; w -= η·m̂/(√ŝ + ε)",
                settings=_ADAM,
                torch_class="Adam",
                source="founding SEED-13; kingma2015adam",
            ),
            OptimizerInfo(
                name="adamw",
                title="AdamW",
                description="Adam with weight decay taken out of the gradient.",
                update="w -= η·λ·w, then as Adam",
                settings=_ADAM,
                torch_class="AdamW",
                decoupled_decay=True,
                source="founding SEED-13; loshchilov2019adamw",
            ),
            OptimizerInfo(
                name="lion",
                title="Lion",
                description="Moves every weight by the sign of an average gradient.",
                update="w -= η·(sign(β₁m + (1-β₁)g) + λw); m = β₂m + (1-β₂)g",
                settings=MappingProxyType({"beta1": 0.9, "beta2": 0.99}),
                elsewhere=Elsewhere("lion-pytorch", "lion_pytorch", "Lion"),
                decoupled_decay=True,
                source="chen2023lion",
            ),
            OptimizerInfo(
                name="adafactor",
                title="Adafactor",
                description="Adam with factored second moments, for little memory.",
                update="as Adam with s ≈ row mean · column mean, no momentum; η is relative to the size of w",
                torch_class="Adafactor",
                decoupled_decay=True,
                source="shazeer2018adafactor",
            ),
            OptimizerInfo(
                name="muon",
                title="Muon",
                description="Orthogonalises the momentum of each hidden matrix; AdamW for everything else.",
                update="v = μv + (1-μ)g; w -= η·√max(1, rows/columns)·NewtonSchulz(v)",
                settings=MappingProxyType({"momentum": 0.95, "nesterov": True}),
                torch_class="Muon",
                decoupled_decay=True,
                source="jordan2024muon",
            ),
            OptimizerInfo(
                name="lamb",
                title="LAMB",
                description="Adam with a trust ratio per layer, for very large batches.",
                update="w -= η·(‖w‖/‖u‖)·u with u = Adam's step + λw",
                settings=MappingProxyType({"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-6}),
                elsewhere=Elsewhere("timm", "timm.optim", "Lamb"),
                decoupled_decay=True,
                source="you2020lamb",
            ),
            OptimizerInfo(
                name="lars",
                title="LARS",
                description="SGD with a trust ratio per layer, for very large batches.",
                update="v = μv + η·(‖w‖/‖g + λw‖)·(g + λw); w -= v",
                settings=MappingProxyType({"momentum": 0.9}),
                elsewhere=Elsewhere("timm", "timm.optim", "Lars"),
                source="you2017lars",
            ),
            OptimizerInfo(
                name="schedule_free_adamw",
                title="Schedule-Free AdamW",
                description="AdamW that averages its weights instead of lowering its rate.",
                update="y = (1-β₁)z + β₁x; z -= η·AdamW step at y; x averages z",
                settings=_ADAM,
                elsewhere=Elsewhere("schedulefree", "schedulefree", "AdamWScheduleFree"),
                decoupled_decay=True,
                source="defazio2024schedulefree",
            ),
            OptimizerInfo(
                name="prodigy",
                title="Prodigy",
                description="Adam that estimates its own step size; the learning rate stays at 1.",
                update="η = d·γ with d estimated from the distance travelled",
                settings=_ADAM,
                elsewhere=Elsewhere("prodigyopt", "prodigyopt", "Prodigy"),
                decoupled_decay=True,
                source="mishchenko2023prodigy",
            ),
        )
    }
)


def settings_of(name: OptimizerName) -> dict[str, float | bool]:
    """Return the settings an optimizer takes, with their values when nothing else is said."""
    return dict(OPTIMIZER_INFO[name].settings)


def arguments(name: OptimizerName, recommendation: Recommendation) -> dict[str, Any]:
    """Return the keyword arguments of the optimizer's class, learning rate and weight decay left out.

    What the recommendation leaves open has the registry's value. Nesterov needs momentum, so without it it is off.
    """
    settings = settings_of(name)
    settings |= {key: value for key in settings if (value := getattr(recommendation, key)) is not None}
    found: dict[str, Any] = {}
    if "beta1" in settings:
        found["betas"] = (settings["beta1"], settings["beta2"])
    elif "beta2" in settings:
        found["alpha"] = settings["beta2"]
    if "momentum" in settings:
        found["momentum"] = float(settings["momentum"])
    if "nesterov" in settings:
        found["nesterov"] = bool(settings["nesterov"]) and found["momentum"] > 0
    if "epsilon" in settings:
        found["eps"] = settings["epsilon"]
    return found
