"""Numbers of the normal distribution."""

from __future__ import annotations

from typing import Final

Z_90: Final = 1.6448536269514722
"""By definition Φ⁻¹(0.95): standard errors from the middle to either end of a 90 % interval."""
