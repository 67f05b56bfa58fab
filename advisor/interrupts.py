"""Ctrl-C, from the first import to the last flush: it stops work once, and no library makes anything else of it."""

from __future__ import annotations

import _thread
import signal
import sys
import threading
from contextlib import suppress
from types import FrameType
from typing import Any, Final

EXIT_CODE: Final = 130
"""By definition of shells: 128 and the number of the signal."""

IMPORT_WAIT: Final = 0.02
"""Judgement: seconds between two looks at whether an import has ended; shorter than a person notices."""

_pressed: list[int] = []

written: Final[list[str]] = []
"""What this process has written, in order, as it was named."""


def listen() -> None:
    """Raise ``KeyboardInterrupt`` at the first Ctrl-C from now on, and do nothing at those that follow.

    During an import it is raised once the import has ended: libraries that call Python from C++ while they are
    initialised (torch, DuckDB) abort the process at an exception there.
    """
    with suppress(ValueError):  # not in the main thread, which alone hears signals
        signal.signal(signal.SIGINT, _raise_once)


def stop_listening() -> None:
    """Take no notice of Ctrl-C from now on: work is done, and the process is about to end."""
    with suppress(ValueError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def was_pressed() -> bool:
    """Return whether Ctrl-C was pressed, also where a library has swallowed the exception or made another of it."""
    return bool(_pressed)


def sentence() -> str:
    """Return what an interrupted process says: what it has written, if anything."""
    return f"interrupted; written before: {', '.join(written)}" if written else "interrupted; nothing was written"


def _raise_once(number: int, frame: FrameType | None) -> None:
    if _pressed:
        return
    if _is_importing(frame):
        again = threading.Timer(IMPORT_WAIT, _press_again)
        again.daemon = True
        again.start()
        return
    _pressed.append(number)
    sys.unraisablehook = _keep_quiet  # one raised while an object is finalised
    raise KeyboardInterrupt


def _press_again() -> None:
    main = threading.main_thread().ident
    if main is not None and hasattr(signal, "pthread_kill"):
        signal.pthread_kill(main, signal.SIGINT)  # unlike the other, it ends a wait of the main thread
    else:
        _thread.interrupt_main()


def _is_importing(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_name == "_find_and_load" and "importlib" in frame.f_code.co_filename:
            return True
        frame = frame.f_back
    return False


def _keep_quiet(_unraisable: Any) -> None:
    pass
