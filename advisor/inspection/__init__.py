"""Model to facts: torch modules, scikit-learn estimators, and presets by name."""

from advisor.inspection.dispatch import inspect
from advisor.inspection.presets import Preset, auto, preset

__all__ = ["Preset", "auto", "inspect", "preset"]
