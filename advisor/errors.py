"""Everything advisor raises on purpose.

AdvisorError
├── InputError           what the user gave cannot be used; the CLI exits with 2 and no traceback
│   ├── DataError        a file, frame, loader or array
│   ├── ModelError       a module, estimator or preset name
│   ├── PlanError        epochs, batch size, optimizer, schedule, budget, loss
│   └── FactError        a fact name or value given by hand (``--set model.depth=3``)
├── RuleError            rule files with problems; carries all of them, not just the first
├── PackageError         an optional package is not installed, too old or broken
├── MeasurementError     a measurement was impossible (not enough data, no finite loss …)
├── TrainingStoppedError a guard stopped a training that is lost
└── DistributedError     another process of a distributed job failed

A message says what is wrong, where, and what to do.
"""

from __future__ import annotations

import difflib
import operator
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import SupportsIndex, cast


class AdvisorError(Exception):
    """The root of every error advisor raises on purpose.

    Attributes:
        spoken: the message in the language of the command that ended with it; None: as it is.
    """

    spoken: str | None = None


class InputError(AdvisorError):
    """What the user gave cannot be used."""


class DataError(InputError):
    """A file, frame, loader or array cannot be used."""


class ModelError(InputError):
    """A module, estimator or preset name cannot be used."""


class PlanError(InputError):
    """Epochs, batch size, optimizer, schedule, budget or loss cannot be used."""


class FactError(InputError):
    """A fact's name or value, given by hand, cannot be used."""


class PackageError(AdvisorError):
    """An optional package is not installed, too old or broken; the message says how to add it."""


class MeasurementError(AdvisorError):
    """A measurement was impossible; the message says which and why."""


class TrainingStoppedError(AdvisorError):
    """A guard stopped a training that is lost; the message says what it saw and what to change."""


class DistributedError(AdvisorError):
    """A process of a distributed job failed, and so all of them do; the message names the rank and its error."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One problem in one file.

    Attributes:
        path: the file as the user would name it.
        line: counted from 1; 0 when the whole file is meant.
        code: such as ``E104`` (an error) or ``L210`` (lint).
        message: what is wrong and what to do.
    """

    path: str
    line: int
    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line} [{self.code}] {self.message}"


class RuleError(AdvisorError):
    """Rule files have problems; ``problems`` holds all of them in reading order."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))


LARGEST_SEED = 2**32 - 1
"""By definition of the seeds that NumPy and scikit-learn take."""


def check_seed(seed: object) -> None:
    """Refuse a seed that random generators do not take.

    Raises:
        PlanError: it is no whole number from 0 to ``LARGEST_SEED``.
    """
    whole = not isinstance(seed, bool) and hasattr(seed, "__index__") and getattr(seed, "ndim", 0) == 0
    if not whole or not 0 <= operator.index(cast("SupportsIndex", seed)) <= LARGEST_SEED:
        raise PlanError(f"seed={shortened(seed)}: must be a whole number from 0 to {LARGEST_SEED}")


def shortened(value: object, letters: int = 80) -> str:
    """Return a value as it is written, cut to a length that a sentence can hold; whole numbers of any size."""
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 400:
        return f"a whole number of {value.bit_length()} bits"
    text = repr(value)
    return text if len(text) <= letters else f"{text[:letters]}… ({len(text)} letters)"


_ALSO_CALLED: dict[str, tuple[str, ...]] = {
    "fast": ("quick",),
    "short": ("quick",),
    "low": ("quick",),
    "off": ("none",),
    "no": ("none",),
    "zero": ("none",),
    "normal": ("standard",),
    "medium": ("standard",),
    "default": ("standard",),
    "full": ("thorough",),
    "long": ("thorough",),
    "high": ("thorough",),
    "lr": ("learning_rate", "plan.learning_rate"),
    "max_lr": ("learning_rate", "plan.learning_rate"),
    "max_steps": ("steps", "plan.steps"),
    "total_steps": ("steps", "plan.steps"),
    "num_steps": ("steps", "plan.steps"),
    "n_epochs": ("epochs", "plan.epochs"),
    "num_train_epochs": ("epochs", "plan.epochs"),
    "bs": ("batch_size", "plan.batch_size"),
    "normalisation": ("normalization", "model.normalization"),
    "norm": ("normalization", "model.normalization"),
    "params": ("parameters", "model.parameters"),
    "num_parameters": ("parameters", "model.parameters"),
    "samples": ("rows", "data.rows"),
    "n_samples": ("rows", "data.rows"),
    "classification": ("multiclass",),
    "diffusion": ("generation",),
    "lm": ("language_modelling",),
    "rl": ("reinforcement_learning",),
    "dpo": ("preference",),
    "vit": ("vision_transformer", "transformer"),
    "bert": ("transformer",),
    "gpt": ("language_model", "transformer"),
    "llm": ("language_model", "transformer"),
    "lstm": ("rnn", "lstm"),
    "gru": ("rnn", "lstm"),
    "resnet": ("cnn", "resnet-tabular"),
    "convnet": ("cnn",),
    "yolo": ("detector",),
    "mlp_mixer": ("mlp",),
    "ridge": ("linear",),
    "cosine_annealing": ("cosine",),
    "onecycle": ("one_cycle",),
    "bf16": ("bfloat16",),
    "fp16": ("float16",),
    "fp32": ("float32",),
    "gpu": ("cuda",),
}
"""What people call things elsewhere, and our names for them, the first that fits. Judgement."""


def requirement(message: str) -> str:
    """Return what a value has to be, as pydantic says it, in our words.

    >>> requirement("Input should be greater than 0")
    'must be greater than 0'
    >>> requirement("Value error, no optimizer is called 'x'")
    "no optimizer is called 'x'"
    """
    said = message.removeprefix("Value error, ").replace("Input should be ", "must be ")
    return said.replace(" a valid ", " a ").partition(", unable to parse")[0]


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ``"; did you mean 'x'?"`` for the closest known name, or an empty string.

    >>> did_you_mean("admw", ["adam", "adamw", "sgd"])
    "; did you mean 'adamw'?"
    >>> did_you_mean("fast", ["none", "quick"])
    "; did you mean 'quick'?"
    """
    names = list(known)
    wanted = str(name)[:100].strip().lower()
    last = wanted.rpartition(".")[2].replace("-", "_")
    meant = [other for other in _ALSO_CALLED.get(last, ()) if other in names]
    close = meant or difflib.get_close_matches(wanted, names, n=1, cutoff=0.6)
    return f"; did you mean {close[0]!r}?" if close else ""
