"""Where commands print: results to standard output, progress to standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pydantic_core import to_jsonable_python

from advisor.progress import Progress, silent

if TYPE_CHECKING:
    from rich.console import RenderableType


def show(renderable: RenderableType) -> None:
    """Print a rich renderable to standard output."""
    from rich.console import Console

    Console(highlight=False).print(renderable)


def show_json(value: Any) -> None:
    """Print a pydantic model, dataclasses or plain data as JSON to standard output."""
    if hasattr(value, "model_dump_json"):
        text = value.model_dump_json(indent=2)
    else:
        text = json.dumps(to_jsonable_python(value, inf_nan_mode="strings"), indent=2)
    sys.stdout.write(text.rstrip("\n") + "\n")


@contextmanager
def progress_bar(*, quiet: bool = False) -> Iterator[Progress]:
    """Show what is being done and how far it is on standard error; yields the function that work reports to."""
    if quiet or not sys.stderr.isatty():
        yield silent
        return
    from rich.console import Console
    from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        *(SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=24), TimeElapsedColumn()),
        *(TextColumn("left"), TimeRemainingColumn()),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=None)

        def report(message: str, share: float | None) -> None:
            total = None if share is None else 1.0
            bar.update(task, description=message, total=total, completed=share or 0.0)

        yield report
