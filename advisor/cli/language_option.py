"""The option that says in which language a command prints and writes its page."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any

import typer

from advisor.cli.added_options import add_options
from advisor.errors import AdvisorError
from advisor.language import LANGUAGES, speaking, translated

_OPTIONS: dict[str, Any] = {
    "lang": Annotated[
        str | None,
        typer.Option(
            "--lang",
            envvar="ADVISOR_LANG",
            help=f"Language of what is printed and of the page: {' or '.join(LANGUAGES)}.",
            show_default="en",
            metavar="CODE",
        ),
    ]
}


def takes_language(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command ``--lang``, and run it in that language; an error carries its words in it as ``spoken``."""

    @wraps(command)
    def in_language(*arguments: Any, lang: str | None = None, **settings: Any) -> None:
        with speaking(lang):
            try:
                command(*arguments, **settings)
            except AdvisorError as error:
                error.spoken = translated(str(error))
                raise

    add_options(in_language, command, _OPTIONS)
    return in_language
