"""Everything advisor raises on purpose.

AdvisorError
├── InputError           what the user gave cannot be used; the CLI exits with 2 and no traceback
│   ├── DataError        a file, frame, loader or array
│   ├── ModelError       a module, estimator or preset name
│   ├── PlanError        epochs, batch size, optimizer, schedule, budget, loss
│   └── FactError        a fact name or value given by hand (``--set model.depth=3``)
├── RuleError            rule files with problems; carries all of them, not just the first
├── MeasurementError     a measurement was impossible (not enough data, no finite loss …)
├── TrainingStoppedError a guard stopped a training that is lost
└── DistributedError     another process of a distributed job failed

A message says what is wrong, where, and what to do.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


class AdvisorError(Exception):
    """The root of every error advisor raises on purpose."""


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


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ``"; did you mean 'x'?"`` for the closest known name, or an empty string.

    >>> did_you_mean("admw", ["adam", "adamw", "sgd"])
    "; did you mean 'adamw'?"
    """
    close = difflib.get_close_matches(str(name).lower(), list(known), n=1, cutoff=0.6)
    return f"; did you mean {close[0]!r}?" if close else ""
