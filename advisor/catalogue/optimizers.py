"""Every optimizer: its names, update rule, defaults, source, and where it can be had and trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, get_args

OptimizerName = Literal[
    "sgd",
    "adagrad",
    "rmsprop",
    "adam",
    "adamw",
    "lion",
    "adafactor",
    "muon",
    "lamb",
    "lars",
    "schedule_free_adamw",
    "prodigy",
]
OPTIMIZERS: tuple[OptimizerName, ...] = get_args(OptimizerName)

MUON_REST_SHARE = 0.015
"""Learning rate of AdamW beside Muon over Muon's own: jordan2024muon, README, 3e-4 against 0.02."""


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
        source: key of the publication it comes from.
        settings: recommendation field → value when nothing else is said.
        torch_class: class in ``torch.optim``; None when torch has none.
        torch_keywords: setting → keyword of the torch class where it is not the usual one.
        elsewhere: the package that has it when torch has none.
        keras_class: class in ``keras.optimizers``; None when Keras has none.
        keras_keywords: setting → keyword of the Keras class where it is not the usual one.
        sklearn_solver: ``solver`` of scikit-learn's ``MLPClassifier``; None when it has none.
        adaptive: each parameter's step is rescaled by its own gradients.
        adam_family: Adam or a close relative, whose learning rates are of one order.
        decoupled_decay: weight decay is applied to the weight, not added to the gradient.
        averages: wants ``train()`` and ``eval()`` called, because it keeps two sets of weights.
        companion: trains the parameters that this one does not take, beside it.
        batched: many members of an ensemble are updated at once (``training.batched.optimizer_steps``).
        range_tested: how a range test is read for it is known (``python -m benchmarks.range_test``).
    """

    name: OptimizerName
    title: str
    description: str
    update: str
    source: str
    settings: Mapping[str, float | bool] = field(default_factory=lambda: MappingProxyType({}))
    torch_class: str | None = None
    torch_keywords: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    elsewhere: Elsewhere | None = None
    keras_class: str | None = None
    keras_keywords: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    sklearn_solver: str | None = None
    adaptive: bool = False
    adam_family: bool = False
    decoupled_decay: bool = False
    averages: bool = False
    companion: OptimizerName | None = None
    batched: bool = False
    range_tested: bool = False

    @property
    def package(self) -> str | None:
        """The package to install when torch has no such optimizer."""
        return self.elsewhere.package if self.elsewhere else None

    def in_torch(self) -> bool:
        """Return whether the installed torch has this optimizer, so that it can be built and trained."""
        import torch  # noqa: PLC0415 - takes a second to load, and most of what reads this file never trains

        return self.torch_class is not None and hasattr(torch.optim, self.torch_class)


_ADAM: Mapping[str, float | bool] = MappingProxyType({"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8})
"""Defaults of the Adam family: kingma2015adam, algorithm 1."""

OPTIMIZER_INFO: Mapping[OptimizerName, OptimizerInfo] = MappingProxyType(
    {
        info.name: info
        for info in (
            OptimizerInfo(
                name="sgd",
                title="SGD",
                description="Follows an average of past gradients.",
                update="v = μv + g + λw; w -= η·v (Nesterov: w -= η·(g + λw + μv))",
                source="founding SEED-13; sutskever2013",
                settings=MappingProxyType({"momentum": 0.9, "nesterov": True}),  # torch: 0 and False
                torch_class="SGD",
                keras_class="SGD",
                sklearn_solver="sgd",
                batched=True,
                range_tested=True,
            ),
            OptimizerInfo(
                name="adagrad",
                title="Adagrad",
                description="Divides each step by the root of all squared gradients so far, so rare ones learn fast.",
                update="s += g²; w -= η·g/(√s + ε)",
                source="duchi2011",
                settings=MappingProxyType({"epsilon": 1e-10}),
                torch_class="Adagrad",
                keras_class="Adagrad",
                adaptive=True,
                batched=True,
                range_tested=True,
            ),
            OptimizerInfo(
                name="rmsprop",
                title="RMSProp",
                description="Divides each step by a running root mean square of the gradient.",
                update="s = ρs + (1-ρ)g²; w -= η·g/(√s + ε)",
                source="founding SEED-13; hinton2012",
                # β₂ is ρ, torch's alpha: the founding document and Hinton's lecture say 0.9, torch defaults to 0.99
                settings=MappingProxyType({"beta2": 0.9, "momentum": 0.0, "epsilon": 1e-8}),
                torch_class="RMSprop",
                torch_keywords=MappingProxyType({"beta2": "alpha"}),
                keras_class="RMSprop",
                keras_keywords=MappingProxyType({"beta2": "rho"}),
                adaptive=True,
                batched=True,
                range_tested=True,
            ),
            OptimizerInfo(
                name="adam",
                title="Adam",
                description="Momentum, divided by a running root mean square of the gradient.",
                update="m = β₁m + (1-β₁)g; s = β₂s + (1-β₂)g²; w -= η·m̂/(√ŝ + ε)",
                source="founding SEED-13; kingma2015adam",
                settings=_ADAM,
                torch_class="Adam",
                keras_class="Adam",
                sklearn_solver="adam",
                adaptive=True,
                adam_family=True,
                batched=True,
                range_tested=True,
            ),
            OptimizerInfo(
                name="adamw",
                title="AdamW",
                description="Adam with weight decay taken out of the gradient.",
                update="w -= η·λ·w, then as Adam",
                source="founding SEED-13; loshchilov2019adamw",
                settings=_ADAM,
                torch_class="AdamW",
                keras_class="AdamW",
                adaptive=True,
                adam_family=True,
                decoupled_decay=True,
                batched=True,
                range_tested=True,
            ),
            OptimizerInfo(
                name="lion",
                title="Lion",
                description="Moves every weight by the sign of an average gradient.",
                update="w -= η·(sign(β₁m + (1-β₁)g) + λw); m = β₂m + (1-β₂)g",
                source="chen2023lion",
                settings=MappingProxyType({"beta1": 0.9, "beta2": 0.99}),
                elsewhere=Elsewhere("lion-pytorch", "lion_pytorch", "Lion"),
                keras_class="Lion",
                adaptive=True,
                adam_family=True,
                decoupled_decay=True,
            ),
            OptimizerInfo(
                name="adafactor",
                title="Adafactor",
                description="Adam with factored second moments, for little memory.",
                update="as Adam with s ≈ row mean · column mean, no momentum; η is relative to the size of w",
                source="shazeer2018adafactor",
                torch_class="Adafactor",
                keras_class="Adafactor",
                adaptive=True,
                adam_family=True,
                decoupled_decay=True,
            ),
            OptimizerInfo(
                name="muon",
                title="Muon",
                description="Orthogonalises the momentum of each hidden matrix; AdamW for everything else.",
                update="v = μv + (1-μ)g; w -= η·√max(1, rows/columns)·NewtonSchulz(v)",
                source="jordan2024muon",
                settings=MappingProxyType({"momentum": 0.95, "nesterov": True}),
                torch_class="Muon",
                adaptive=True,
                decoupled_decay=True,
                companion="adamw",
            ),
            OptimizerInfo(
                name="lamb",
                title="LAMB",
                description="Adam with a trust ratio per layer, for very large batches.",
                update="w -= η·(‖w‖/‖u‖)·u with u = Adam's step + λw",
                source="you2020lamb",
                settings=MappingProxyType({"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-6}),
                elsewhere=Elsewhere("timm", "timm.optim", "Lamb"),
                keras_class="Lamb",
                adaptive=True,
                adam_family=True,
                decoupled_decay=True,
            ),
            OptimizerInfo(
                name="lars",
                title="LARS",
                description="SGD with a trust ratio per layer, for very large batches.",
                update="v = μv + η·(‖w‖/‖g + λw‖)·(g + λw); w -= v",
                source="you2017lars",
                settings=MappingProxyType({"momentum": 0.9}),
                elsewhere=Elsewhere("timm", "timm.optim", "Lars"),
            ),
            OptimizerInfo(
                name="schedule_free_adamw",
                title="Schedule-Free AdamW",
                description="AdamW that averages its weights instead of lowering its rate.",
                update="y = (1-β₁)z + β₁x; z -= η·AdamW step at y; x averages z",
                source="defazio2024schedulefree",
                settings=_ADAM,
                elsewhere=Elsewhere("schedulefree", "schedulefree", "AdamWScheduleFree"),
                adaptive=True,
                adam_family=True,
                decoupled_decay=True,
                averages=True,
            ),
            OptimizerInfo(
                name="prodigy",
                title="Prodigy",
                description="Adam that estimates its own step size; the learning rate stays at 1.",
                update="η = d·γ with d estimated from the distance travelled",
                source="mishchenko2023prodigy",
                settings=_ADAM,
                elsewhere=Elsewhere("prodigyopt", "prodigyopt", "Prodigy"),
                adaptive=True,
                decoupled_decay=True,
            ),
        )
    }
)
