"""Programs that commands write and run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from advisor.errors import AdvisorError, DataError
from advisor.progress import Progress

if TYPE_CHECKING:
    from advisor.api.advice import Advice
    from advisor.recipe.table_program import Framework


def programs_of(*paths: Path | None) -> tuple[Path, ...]:
    """Return the programs to write, after a look at whether they can be.

    Raises:
        DataError: a folder does not exist, or a name that no Python module can have.
    """
    found = tuple(path for path in paths if path is not None)
    for path in found:
        if not path.parent.is_dir():
            raise DataError(f"--code {path}: the folder {path.parent} does not exist; create it first")
        if path.suffix != ".py" or not path.stem.isidentifier():
            raise DataError(f"--code {path}: give a name that Python can import, such as {path.with_name('train.py')}")
    return found


def write_program(advice: Advice, path: Path, *, data: str | None = None, framework: Framework = "torch") -> None:
    """Write the program of an advice.

    Args:
        advice: what was checked.
        path: of the program.
        data: path of the table, as seen from here.
        framework: to train with.
    """
    from advisor.recipe.code import program_of

    text = program_of(advice, framework, data=None if data is None else _path_in(data, path), file=path.name)
    path.write_text(text, encoding="utf-8")


def run_program(path: Path, progress: Progress, piped: BinaryIO | None = None) -> str:
    """Run a program where it stands, and return what it prints.

    Args:
        path: of the program.
        progress: told that it trains.
        piped: what a program that reads standard input reads; None: nothing.

    Raises:
        AdvisorError: it ended with an error.
    """
    progress("training", None)
    if piped is not None:
        piped.seek(0)
    done = subprocess.run(  # noqa: S603 - our own program, with this Python
        [sys.executable, str(path.resolve())],
        stdin=subprocess.DEVNULL if piped is None else piped,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
        raise AdvisorError(f"{path}: the training ended with an error ({last[0]}); run it to see where")
    return done.stdout


def _path_in(data: str, program: Path) -> str:
    """Return the path of the data for a program that may be started from anywhere in the same folder as now."""
    return data if data == "-" or os.path.isabs(data) or program.parent == Path() else os.path.abspath(data)  # noqa: PTH100, PTH117
