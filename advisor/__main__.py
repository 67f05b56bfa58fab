"""The ``advisor`` command, and ``python -m advisor``: listens for Ctrl-C before anything else is imported."""

from __future__ import annotations

import sys

from advisor import interrupts


def main() -> None:
    """Run the command line."""
    interrupts.listen()
    try:
        from advisor.cli import main as run  # noqa: PLC0415 - takes a tenth of a second, in which one may press Ctrl-C

        run()
    except KeyboardInterrupt:
        interrupts.stop_listening()
        sys.stderr.write(f"{interrupts.sentence()}\n")
        sys.exit(interrupts.EXIT_CODE)


if __name__ == "__main__":
    main()
