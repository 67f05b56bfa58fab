"""Symptoms and places in a run, in words."""

from __future__ import annotations

from typing import Final

from advisor.diagnosis.finding import Sign
from advisor.diagnosis.history import History

TITLES: Final = {
    "nonfinite": "NaN or infinity",
    "diverged": "divergence",
    "stuck_at_chance": "nothing learned",
    "oscillating": "oscillation",
    "oscillation_early": "early rise",
    "spikes": "spikes",
    "slow": "slow convergence",
    "plateau": "plateau",
    "overfitting": "overfitting",
    "noisy_end": "noise at the end",
}


def where(log: History, sign: Sign) -> str:
    """Return the stretch of the run in which a sign shows, such as ``from step 1,200 of 4,000 on``."""
    first, last = (f"{log.position(share):,.0f}" for share in (sign.start, sign.end))
    if sign.start <= 0.0 and sign.end >= 1.0:
        return "throughout"
    if sign.end >= 1.0:
        return f"from {log.unit} {first} of {log.position(1.0):,.0f} on"
    if first == last:
        return f"at {log.unit} {first}"
    return f"between {log.unit}s {first} and {last}"
