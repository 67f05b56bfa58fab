"""What a run shows so far: numbers in, problems out. No model, no optimizer, no words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from advisor.diagnosis.convergence import LEAST_STANDSTILL, no_progress, standstill
from advisor.diagnosis.curve import Curve
from advisor.diagnosis.finding import Finding, present
from advisor.diagnosis.generalisation import overfitting
from advisor.diagnosis.history import History
from advisor.diagnosis.nonfinite import LEAST_AT_THE_END
from advisor.guard.divergence import DivergenceDetector
from advisor.guard.series import LimitedSeries
from advisor.results.findings import SymptomName

SLOW_CHECKS: Final = 1.25
"""Growth of the run between two looks at its whole curve. Judgement: each costs a thousand steps of a look at single
losses, so all together stay cheap."""
LEAST_STEPS: Final = 200
"""Steps from which on the whole curve is judged. Judgement: a run that long has shown whether it learns."""
LEAST_SHARE: Final = 0.3
"""Share of the planned run from which on one that has learned nothing is said to. Judgement: warm-up is over."""
CONFIRMED: Final = 2
"""Held-out losses in a row that have to say overfitting. Judgement: one may be chance."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A symptom that has just begun to show.

    Attributes:
        symptom: its name.
        step: at which it was seen.
        since: at which it began.
        finding: what shows it.
    """

    symptom: SymptomName
    step: int
    since: int
    finding: Finding


class Monitor:
    """Watches the numbers of one run, each at most a few microseconds, in constant memory."""

    def __init__(self, *, total_steps: int | None = None, constant_loss: float | None = None) -> None:
        self.total_steps = total_steps
        self.constant_loss = constant_loss
        self.losses = LimitedSeries("loss", with_noise=True)
        self.held_out = LimitedSeries("validation_loss")
        self.rates = LimitedSeries("learning_rate")
        self.norms = LimitedSeries("gradient_norm")
        self.said: set[SymptomName] = set()
        self._divergence = DivergenceDetector()
        self._next_look = max(LEAST_STEPS, math.ceil(LEAST_SHARE * total_steps)) if total_steps else math.inf
        self._broken_norms = 0
        self._overfits = 0

    def observe(
        self, step: int, loss: float, *, rate: float | None = None, gradient_norm: float | None = None
    ) -> Sighting | None:
        """Take the numbers of one optimizer step, and return what has just begun; each symptom is said once."""
        if not math.isfinite(loss):
            return self._say("nonfinite", step, step, _broken(loss, "loss"))
        if gradient_norm is not None:
            self._broken_norms = 0 if math.isfinite(gradient_norm) else self._broken_norms + 1
            if self._broken_norms >= LEAST_AT_THE_END:
                return self._say("nonfinite", step, step - 1, _broken(gradient_norm, "gradient_norm"))
            if math.isfinite(gradient_norm):
                self.norms.add(step, gradient_norm)
        self.losses.add(step, loss)
        rate = rate if rate is not None and rate > 0 else None
        if rate is not None:
            self.rates.add(step, rate)
        rise = self._divergence.look(step, loss, self.losses.noise, rate)
        if rise is not None:
            finding = present("ends_above_best", best=rise.best, final=rise.level, initial=rise.start)
            return self._say("diverged", step, rise.since, finding)
        if "diverged" in self.said:
            self.said.discard("diverged")  # it has come back, and may leave again
        return self._look_at_all(step) if step >= self._next_look else None

    def observe_held_out(self, step: int, loss: float) -> Sighting | None:
        """Take a held-out loss, and return what has just begun."""
        if not math.isfinite(loss):
            return self._say("nonfinite", step, step, _broken(loss, "validation_loss"))
        self.held_out.add(step, loss)
        if "overfitting" in self.said or not len(self.losses):
            return None
        curve = self._curve(self.held_out)
        finding = overfitting(self._curve(self.losses), curve)
        self._overfits = self._overfits + 1 if finding.present else 0
        if self._overfits < CONFIRMED:
            return None
        return self._say("overfitting", step, int(curve.at[int(np.argmin(curve.values))] * self._length), finding)

    @property
    def is_calm(self) -> bool:
        """Whether nothing is going wrong at the moment."""
        return self._divergence.is_calm and not self._broken_norms

    def begin_anew(self) -> None:
        """Go on after the run has been changed: what was said may be said again."""
        self.said -= {"nonfinite", "diverged"}
        self._broken_norms = 0
        self._divergence.forget()

    def history(self) -> History:
        """Return what was seen so far as a log.

        Raises:
            DataError: nothing was seen yet.
        """
        seen = [item.series() if len(item) else None for item in (self.losses, self.held_out, self.rates, self.norms)]
        loss, held_out, rates, norms = seen
        return History("the run", "step", loss, held_out, rates, norms)

    @property
    def _length(self) -> float:
        """Steps of the run as far as it is known."""
        return float(self.total_steps or max(float(self.losses.at[-1]) if len(self.losses) else 1.0, 1.0))

    def _curve(self, series: LimitedSeries) -> Curve:
        return Curve(series.at / self._length, np.clip(series.values, -1e100, 1e100))

    def _look_at_all(self, step: int) -> Sighting | None:
        """Look at the whole curve for a run that learns nothing, or nothing more; both need its planned length."""
        self._next_look = math.ceil(SLOW_CHECKS * step)
        progress = step / self._length
        curve = self._curve(self.losses)
        if "stuck_at_chance" not in self.said:
            finding = no_progress(curve, self.constant_loss)
            if finding.present:
                return self._say("stuck_at_chance", step, 0, finding)
        if progress < LEAST_STANDSTILL:
            return None
        finding = standstill(Curve(curve.at / progress, curve.values))
        if finding.present and (1.0 - finding.start) * progress >= LEAST_STANDSTILL:
            return self._say("standstill", step, int(finding.start * step), finding)
        return None

    def _say(self, symptom: SymptomName, step: int, since: int, finding: Finding) -> Sighting | None:
        if symptom in self.said:
            return None
        self.said.add(symptom)
        return Sighting(symptom, step, since, finding)


def _broken(value: float, column: str) -> Finding:
    return present("nan" if math.isnan(value) else "infinite", column=column)
