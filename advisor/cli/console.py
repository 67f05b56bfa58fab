"""Where commands print: results to standard output, progress to standard error."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

from pydantic_core import to_jsonable_python

from advisor import numerals
from advisor.cleaning import json_text, plain_lines
from advisor.progress import Progress, silent

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.progress import Progress as Bar

    from advisor.results import CheckPlan


PIPE_WIDTH = 4_000
"""Columns of output that is no terminal and has no ``COLUMNS``. Judgement: longer than our lines, which stay whole."""


def show(renderable: RenderableType) -> None:
    """Print a rich renderable to standard output: as wide as the terminal, or unwrapped into a pipe or file."""
    from rich.console import Console

    from advisor.reporting.terminal.parts import Page

    console = Console(highlight=False, markup=False, emoji=False, width=None if _has_width() else PIPE_WIDTH)
    with console.capture() as captured:
        console.print(Page([renderable]))
    sys.stdout.write("".join(f"{line.rstrip(' ')}\n" for line in captured.get().splitlines()))


def _has_width() -> bool:
    return sys.stdout.isatty() or "COLUMNS" in os.environ


def say(text: str, *, end: str = "\n") -> None:
    """Print text of several lines to standard output, without what a terminal would take for commands."""
    sys.stdout.write(plain_lines(text) + end)


def show_json(value: Any) -> None:
    """Print a pydantic model, dataclasses or plain data as JSON to standard output."""
    if hasattr(value, "model_dump_json"):
        text = value.model_dump_json(indent=2)
    else:
        text = json.dumps(to_jsonable_python(value, inf_nan_mode="strings"), indent=2)
    sys.stdout.write(json_text(text.rstrip("\n")) + "\n")


@contextmanager
def progress_bar(*, quiet: bool = False) -> Iterator[Progress]:
    """Show on standard error what is being done, how far it is and how long it still takes.

    A bar on a terminal; elsewhere a line now and then, once the work has taken a while.

    Yields:
        the function that work reports to.
    """
    if quiet:
        yield silent
    elif not sys.stderr.isatty():
        yield ProgressLines(sys.stderr)
    else:
        with _bar() as report:
            yield report


@contextmanager
def _bar() -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    left = TimeRemainingColumn(compact=True, elapsed_when_finished=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=24), TimeElapsedColumn(), left)
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        yield ProgressBar(bar)


class ProgressBar:
    """Progress as a bar that goes when the work is done; the plan of a check stays above it."""

    def __init__(self, bar: Bar) -> None:
        self._bar, self._task = bar, bar.add_task("starting", total=None)

    def __call__(self, message: str, share: float | None) -> None:
        """Report what is being done and the share done."""
        if message != self._bar.tasks[0].description:
            self._bar.reset(self._task, description=message)  # what is left is judged by this part of the work alone
        self._bar.update(self._task, description=message, total=None if share is None else 1.0, completed=share or 0.0)

    def planned(self, plan: CheckPlan) -> None:
        """Print a plan before it is carried out."""
        from advisor.reporting.sentences.plans import plan_sentence

        self._bar.console.print(plan_sentence(plan), markup=False, highlight=False)


class ProgressLines:
    """Progress as lines, for output that is no terminal: at most one in ``EVERY`` seconds, none for short work."""

    EVERY = 10.0
    """Seconds between two lines. Judgement: a log that shows life and stays short."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream, self._clock = stream, clock
        self._started = self._told = self._part_started = clock()
        self._part = ""

    def planned(self, plan: CheckPlan) -> None:
        """Write a plan before it is carried out."""
        from advisor.reporting.sentences.plans import plan_sentence

        self._stream.write(f"{plan_sentence(plan)}\n")
        self._stream.flush()

    def __call__(self, message: str, share: float | None) -> None:
        """Report what is being done and the share done."""
        now = self._clock()
        if message != self._part:
            self._part, self._part_started = message, now
        if now - self._told < self.EVERY:
            return
        self._told = now
        done = f": {numerals.share(share)}" if share else ""
        left = f", about {(now - self._part_started) * (1 - share) / share:.0f} s left" if share else ""
        self._stream.write(f"{now - self._started:4.0f} s  {message}{done}{left}\n")
        self._stream.flush()
