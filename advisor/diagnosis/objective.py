"""Does the loss measure progress? Not where what it is measured against moves with the model.

Source:
    TRL, "Logging" of GRPOTrainer and DPOTrainer; Goodfellow et al. 2014, "Generative adversarial networks", section 3
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from advisor.diagnosis.columns import DISCRIMINATOR, GENERATOR, is_adversarial, words_of
from advisor.facts import DataFacts, ModelFacts
from advisor.results.findings import ObjectiveCode

_LOSS: Final = frozenset({"loss", "losses", "err", "error"})
_REWARD: Final = frozenset({"reward", "rewards", "return", "returns", "rew", "advantage", "advantages"})
_PAIRED: Final = frozenset({"chosen", "rejected"})
_POLICY: Final = frozenset({"policy", "actor", "critic", "surrogate", "pg"})
_OF_BOOSTING: Final = re.compile(
    r"^(?:\w+'s (?!loss\b)\w+|\w+-(?:rmse|rmsle|logloss|mlogloss|error|merror|auc|aucpr|mae|mape|ndcg|map)"
    r"|validation_\d+[/-]\w+|(?:Train|Valid)Deviance|num-trees)$"
)
"""Metrics of LightGBM (``valid_1's l2``), XGBoost (``eval-rmse``, ``validation_0/rmse``), R's gbm and YDF."""

_CONSTANTS: Final = frozenset({"weight", "weights", "coef", "coefficient", "scale"})
"""Words of settings that loops log beside what they measured."""

_DIVERGENCE: Final = frozenset({"kl", "kld"})
_OTHER_DIVERGENCE: Final = frozenset(
    {"recon", "reconstruction", "rec", "elbo", "distill", "distillation", "kd", "student", "teacher", "vae", "vq"}
)
"""Words of logs whose divergence is a part of the loss, as in variational autoencoders and distillation."""


@dataclass(frozen=True, slots=True)
class Objective:
    """Why the loss does not measure progress, and the columns that show it; none when the facts say so."""

    code: ObjectiveCode
    columns: tuple[str, ...] = ()


def objective_of(columns: Sequence[str], data: DataFacts, model: ModelFacts) -> Objective | None:
    """Return what the loss measures instead of progress; None for a loss that measures it.

    >>> objective_of(["loss", "reward", "kl"], DataFacts(), ModelFacts())
    Objective(code='policy', columns=('reward', 'kl'))
    >>> objective_of(["loss", "recon_loss", "kl"], DataFacts(), ModelFacts()) is None
    True
    """
    words = {name: frozenset(words_of(name)) for name in columns}
    boosted = _boosted(columns)
    if boosted:
        return Objective("boosting", boosted)
    paired = tuple(name for name, known in words.items() if known & _PAIRED)
    if paired or data.task == "preference":
        return Objective("preference", paired)
    adversaries = _adversaries(words)
    if adversaries or model.family == "gan":
        return Objective("adversarial", adversaries)
    signs = tuple(name for name, known in words.items() if _is_of_a_policy(known))
    if not any(known & _OTHER_DIVERGENCE for known in words.values()):
        signs += tuple(name for name, known in words.items() if known & _DIVERGENCE and not known & _LOSS)
    if signs or data.task == "reinforcement_learning":
        return Objective("policy", tuple(name for name in columns if name in signs))
    return None


def _boosted(columns: Sequence[str]) -> tuple[str, ...]:
    """Return the columns by which LightGBM, XGBoost, CatBoost and scikit-learn's boosting show.

    >>> _boosted(["train-rmse", "eval-rmse"]), _boosted(["learn", "test", "remaining"]), _boosted(["loss", "val_loss"])
    (('train-rmse', 'eval-rmse'), ('learn', 'test'), ())
    """
    found = tuple(name for name in columns if _OF_BOOSTING.search(name))
    if found:
        return found
    sklearn = tuple(name for name in ("OOB Improve", "Remaining Time") if name in columns and "Train Loss" in columns)
    if sklearn:
        return ("Train Loss", *sklearn)
    catboost = "learn" in columns and any(name.startswith("remaining") for name in columns)
    return tuple(name for name in ("learn", "test") if name in columns) if catboost else ()


def _adversaries(words: dict[str, frozenset[str]]) -> tuple[str, ...]:
    losses = {name: known for name, known in words.items() if is_adversarial(name)}
    discriminators = [name for name, known in losses.items() if known & DISCRIMINATOR]
    generators = [name for name, known in losses.items() if known & GENERATOR]
    return (*discriminators, *generators) if discriminators and generators else ()


def _is_of_a_policy(known: frozenset[str]) -> bool:
    if known & _CONSTANTS:
        return False
    if known & _LOSS:
        return bool(known & _POLICY)
    clip = known & {"clip", "clipped", "clipping"} and known & {"ratio", "fraction", "frac"}
    return bool(known & _REWARD or "clipfrac" in known or (clip and not known & {"grad", "gradient"}))
