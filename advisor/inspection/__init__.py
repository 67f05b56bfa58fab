"""Model to facts: torch modules, scikit-learn estimators, and presets by name."""

from advisor.inspection.dispatch import inspect
from advisor.inspection.presets import Preset, auto, is_preset_name, preset

__all__ = ["Preset", "auto", "inspect", "is_preset_name", "preset"]
