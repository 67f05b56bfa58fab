"""torch, which a plain install leaves out: whether this process can train with it, and how to add it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from advisor.errors import PackageError

OLDEST_TORCH: Final = (2, 6)
"""Oldest release that trains here. By definition of the ``torch`` extra in ``pyproject.toml``."""
INSTALL: Final = 'pip install "lr-advisor[torch]"'
INSTALL_CPU: Final = "pip install torch --index-url https://download.pytorch.org/whl/cpu"


@dataclass(frozen=True, slots=True)
class TorchGap:
    """Why nothing can be trained in this process.

    Attributes:
        kind: whether torch is absent, older than ``OLDEST_TORCH``, or there and broken.
        detail: the version that is too old, or the error of the import; empty when torch is absent.
    """

    kind: Literal["absent", "old", "broken"]
    detail: str = ""


def torch_gap() -> TorchGap | None:
    """Import torch and return why it cannot be used; None when it can."""
    try:
        import torch  # noqa: PLC0415 - whether this works is the question
    except ModuleNotFoundError as error:
        return TorchGap("absent") if error.name == "torch" else TorchGap("broken", str(error))
    except (ImportError, OSError) as error:  # a shared library is missing or of another system
        return TorchGap("broken", str(error))
    release = re.match(r"(\d+)\.(\d+)", torch.__version__)
    if release is not None and (int(release[1]), int(release[2])) < OLDEST_TORCH:
        return TorchGap("old", torch.__version__)
    return None


def require_torch(action: str) -> None:
    """Go on where torch can be used.

    Args:
        action: what is about to be done, such as ``building an optimizer``.

    Raises:
        PackageError: torch is absent, too old or broken; the message says how to add it.
    """
    gap = torch_gap()
    if gap is None:
        return
    needed = ".".join(map(str, OLDEST_TORCH))
    cause = {
        "absent": "torch is not installed",
        "old": f"torch {gap.detail} is too old",
        "broken": f"torch cannot be imported ({gap.detail})",
    }[gap.kind]
    raise PackageError(f"{action} needs torch {needed} or newer, and {cause}: {INSTALL}; CPU only: {INSTALL_CPU}")
