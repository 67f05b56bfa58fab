"""The canonical names that facts, rules, recipes and reports share."""

from __future__ import annotations

from typing import Literal

from advisor.catalogue.optimizers import OPTIMIZERS, OptimizerName
from advisor.catalogue.schedules import SCHEDULES, ScheduleName

__all__ = [
    "OPTIMIZERS",
    "SCHEDULES",
    "Activation",
    "Adapter",
    "Budget",
    "Device",
    "Goal",
    "Grade",
    "Initialization",
    "Loss",
    "Modality",
    "NormPosition",
    "Normalization",
    "OptimizerName",
    "Parametrization",
    "Precision",
    "ScheduleName",
    "Strength",
    "Task",
    "VerdictStatus",
]

Family = Literal[
    # linear models
    "linear",
    "logistic",
    "factorization_machine",
    "word_vectors",
    # tables
    "mlp",
    "tabular_resnet",
    "ft_transformer",
    "tabm",
    "realmlp",
    "tabnet",
    "recommender",
    # images
    "cnn",
    "efficientnet",
    "vision_transformer",
    "detector",
    "unet",
    # sequences
    "rnn",
    "transformer",
    "language_model",
    "forecaster",
    # generative and the rest
    "autoencoder",
    "gan",
    "diffusion",
    "gnn",
    "coordinate_mlp",
    "pinn",
    "other",
]
TimeOrder = Literal["ascending", "descending"]
Task = Literal[
    "binary",
    "multiclass",
    "multilabel",
    "regression",
    "language_modelling",
    "translation",
    "self_supervised",
    "contrastive",
    "detection",
    "segmentation",
    "generation",
    "reinforcement_learning",
    "preference",
    "forecasting",
    "unsupervised",
]
Modality = Literal["tabular", "image", "text", "sequence", "audio", "graph", "multimodal", "other"]
Activation = Literal[
    "none", "relu", "leaky_relu", "elu", "selu", "gelu", "silu", "tanh", "sigmoid", "sine", "softplus", "mixed", "other"
]
Normalization = Literal["none", "batch", "layer", "rms", "group", "instance", "mixed"]
NormPosition = Literal["pre", "post", "other"]
Initialization = Literal["default", "he", "xavier", "orthogonal", "small", "large", "zero", "pretrained", "other"]
Parametrization = Literal["standard", "ntk", "mup"]
Adapter = Literal["none", "lora", "qlora", "prefix", "bottleneck", "other"]
Loss = Literal["mse", "cross_entropy", "binary_cross_entropy", "huber", "mae", "custom"]
Precision = Literal["float32", "float64", "bfloat16", "float16"]
Device = Literal["cpu", "cuda", "mps", "xpu", "tpu"]
Goal = Literal["validation_loss", "accuracy", "training_loss"]
Strength = Literal["weak", "moderate", "strong"]
Grade = Literal["measured", "published", "judgement"]
Budget = Literal["none", "quick", "standard", "thorough"]
RatePosition = Literal["below", "within", "above"]
VerdictStatus = Literal[
    "confirmed", "adjusted", "inconclusive", "rejected", "no_better_than_constant", "worse_than_linear", "not_run"
]
