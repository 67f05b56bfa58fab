"""Names as people write them: ``AdamW``, ``one-cycle``, ``Language model``."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from advisor.catalogue.optimizers import OPTIMIZER_INFO
from advisor.catalogue.schedules import SCHEDULE_INFO


def _key(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


_TITLES: Final = {
    _key(info.title): name for catalogue in (OPTIMIZER_INFO, SCHEDULE_INFO) for name, info in catalogue.items()
}


def canonical(text: str, names: Collection[str]) -> str | None:
    """Return which of ``names`` is meant: capitals, blanks, hyphens and underscores do not matter, titles are known.

    >>> canonical("AdamW", ["adam", "adamw"]), canonical("cosine decay", ["cosine"]), canonical("admw", ["adamw"])
    ('adamw', 'cosine', None)
    """
    if text in names:
        return text
    meant = _key(text)
    found = next((name for name in names if _key(name) == meant), _TITLES.get(meant))
    return found if found in names else None
