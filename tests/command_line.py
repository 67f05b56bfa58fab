"""Commands run within this process, which has imported everything: a process of their own takes seconds to start."""

from __future__ import annotations

import contextlib
import gc
import io
import signal
import sys
from pathlib import Path
from subprocess import CompletedProcess

from advisor.cli import main


def run_here(*arguments: str, cwd: Path) -> CompletedProcess[str]:
    """Run a command in a folder as a process of its own would, and return its exit code and what it printed."""
    out, err = io.StringIO(), io.StringIO()
    before, listens = sys.argv, signal.getsignal(signal.SIGINT)
    sys.argv = ["advisor", *arguments]
    code: object = -1
    try:
        with contextlib.chdir(cwd), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main()
    except SystemExit as stop:
        code = stop.code
    finally:
        sys.argv = before
        signal.signal(signal.SIGINT, listens)
        gc.unfreeze()
    return CompletedProcess(list(arguments), code if isinstance(code, int) else -1, out.getvalue(), err.getvalue())
