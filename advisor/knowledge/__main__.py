"""Print every problem of the rule base: ``python -m advisor.knowledge [overlay folder …]``; exits with 1 when any."""

from __future__ import annotations

import sys
from pathlib import Path

from advisor.knowledge.checking import check


def main(folders: list[str]) -> int:
    """Check the shipped rules and the overlay folders given."""
    problems = check([Path(folder) for folder in folders])
    for problem in problems:
        sys.stdout.write(f"{problem}\n")
    sys.stdout.write(f"{len(problems) or 'no'} problem{'' if len(problems) == 1 else 's'}\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
