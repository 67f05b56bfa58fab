"""Give a command options that it shares with others."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, get_type_hints


def add_options(
    wrapper: Callable[..., None], command: Callable[..., None], options: Mapping[str, Any], *, instead_of: str = ""
) -> None:
    """Let a wrapper of a command take the command's options and some more.

    Args:
        wrapper: what the command line calls; it takes the options out of its keyword arguments.
        command: what the wrapper calls.
        options: annotations of the added options by name; each is None when it is left out.
        instead_of: parameter of the command that the wrapper fills, and the command line never sees.
    """
    signature = inspect.signature(command)
    hints = {name: hint for name, hint in get_type_hints(command, include_extras=True).items() if name != instead_of}
    own = [
        parameter.replace(annotation=hints.get(parameter.name, parameter.annotation))
        for parameter in signature.parameters.values()
        if parameter.name != instead_of
    ]
    added = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=hint)
        for name, hint in options.items()
    ]
    wrapper.__signature__ = signature.replace(parameters=[*own, *added])  # type: ignore[attr-defined]
    wrapper.__annotations__ = {**hints, **options}
