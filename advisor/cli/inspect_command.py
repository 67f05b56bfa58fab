"""``advisor inspect``: what advisor sees in a model."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from advisor.cli.console import show, show_json
from advisor.cli.options import JsonOption
from advisor.errors import ModelError
from advisor.inspection import is_preset_name


def inspect(
    model: Annotated[
        str, typer.Argument(help="A preset (mlp:128,64, cnn …) or package.module:name of a module, class or factory.")
    ],
    inputs: Annotated[int | None, typer.Option(help="Inputs of a preset.", min=1, show_default=False)] = None,
    outputs: Annotated[int | None, typer.Option(help="Outputs of a preset.", min=1, show_default=False)] = None,
    as_json: JsonOption = False,
) -> None:
    """Print the facts of a model: family, depth, width, parameters, initial weight scale and more.

    \b
    Examples:
      advisor inspect mlp:128,64 --inputs 20 --outputs 3
      advisor inspect mypackage.models:build
    """
    from advisor.inspection import inspect as inspect_model

    found = inspect_model(_resolve(model), inputs=inputs, outputs=outputs)
    if as_json:
        show_json(found)
        return
    from advisor.reporting.terminal import advice as terminal

    show(terminal.render_model(found))


def _resolve(name: str) -> Any:
    """Return the object that ``package.module:name`` stands for; a preset's name, which imports nothing, as it is."""
    module_name, colon, attribute = name.partition(":")
    if not colon or is_preset_name(name) or not _importable(module_name):
        return name
    try:
        found = getattr(importlib.import_module(module_name), attribute)
    except (ImportError, AttributeError) as error:
        raise ModelError(f"{name}: cannot be imported ({error}); give package.module:name") from error
    is_module_or_estimator = hasattr(found, "parameters") or hasattr(found, "get_params")
    return found() if callable(found) and (isinstance(found, type) or not is_module_or_estimator) else found


def _importable(name: str) -> bool:
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False
