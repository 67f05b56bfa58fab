"""Find the shipped rule base and report templates, in a wheel and in a checkout."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parent


@cache
def data_dir(name: Literal["rules", "reports", "translations"]) -> Path:
    """Return the folder that holds the shipped ``name``.

    A wheel carries both folders inside the package; an editable install reads them, live, from the checkout.

    Raises:
        FileNotFoundError: the folder is in neither place; the message names both.
    """
    packaged = _PACKAGE / name
    if packaged.is_dir():
        return packaged
    checkout = _CHECKOUT / name
    # pyproject.toml marks a checkout, so that a stray rules/ above site-packages is never picked up.
    if checkout.is_dir() and (_CHECKOUT / "pyproject.toml").is_file():
        return checkout
    raise FileNotFoundError(f"advisor's {name!r} folder is neither at {packaged} nor at {checkout}")
