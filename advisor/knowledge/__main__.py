"""Check the rule base: ``python -m advisor.knowledge [overlay folder …]`` prints every problem, and exits with 1 then.

``python -m advisor.knowledge --schema`` writes the editor schema anew instead.
"""

from __future__ import annotations

import sys
from pathlib import Path

from advisor._data import data_dir
from advisor.files import write_text
from advisor.knowledge.checking import check
from advisor.knowledge.schema import schema_text


def main(arguments: list[str]) -> int:
    """Check the shipped rules and the overlay folders given, or write the schema."""
    if arguments == ["--schema"]:
        write_text(data_dir("rules") / "schema.json", schema_text())
        return 0
    problems = check([Path(folder) for folder in arguments])
    for problem in problems:
        sys.stdout.write(f"{problem}\n")
    sys.stdout.write(f"{len(problems) or 'no'} problem{'' if len(problems) == 1 else 's'}\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
