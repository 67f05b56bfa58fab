"""Ctrl-C at any moment: exit 130, one line, nothing left behind."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "examples" / "penguins.csv"
PROGRAM = "import sys; from advisor import interrupts; interrupts.listen(); print('up', file=sys.stderr, flush=True)\n"
PROGRAM += "from advisor.__main__ import main; main()"
MOMENTS = int(os.environ.get("ADVISOR_INTERRUPTS", "6"))
"""100 for the counts in docs/reliability.md; few in CI."""


def interrupted(folder: Path, delay: float) -> tuple[int, list[str], set[str]]:
    """Press Ctrl-C some seconds after the process listens; return exit code, lines and what was left."""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "profile", str(TABLE), "--output", str(folder), "--budget", "20"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(folder)},
    ) as run:
        assert run.stderr is not None
        assert run.stderr.readline() == "up\n"
        time.sleep(delay)
        run.send_signal(signal.SIGINT)
        lines = run.stderr.read().splitlines()
    return run.returncode, lines, {path.name for path in folder.iterdir() if not path.name.startswith("torchinductor_")}


@pytest.mark.slow
@pytest.mark.parametrize("number", range(MOMENTS))
def test_ctrl_c_ends_in_one_line(number: int, tmp_path: Path) -> None:
    delay = random.Random(number).uniform(0.0, 9.0)  # noqa: S311
    code, lines, left = interrupted(tmp_path, delay)
    if code == 0:
        assert left == {"penguins.advisor.html", "penguins.advisor.json"}  # it was done before
        return
    assert code == 130
    told, last = lines[:-1], lines[-1]
    assert all(line.startswith("Plan: ") for line in told)
    assert len(told) <= 1
    assert last.startswith("interrupted; ")
    assert left <= ({"penguins.advisor.html", "penguins.advisor.json"} if "written before" in last else set())


def test_ctrl_c_during_an_import_is_raised_after_it(tmp_path: Path) -> None:
    (tmp_path / "pressed.py").write_text(
        "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(0.1)\nprint('imported')\n"
    )
    program = "import time\nfrom advisor import interrupts\ninterrupts.listen()\n"
    program += "try:\n    import pressed\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    print('interrupted')\n"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}"},
    )
    assert done.stdout.split() == ["imported", "interrupted"]
