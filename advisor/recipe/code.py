"""A recommendation, or the job that was checked, as a complete program without advisor."""

from __future__ import annotations

from typing import get_args

from advisor.errors import PlanError, did_you_mean
from advisor.recipe import code_frameworks
from advisor.recipe.code_parts import recipe_code
from advisor.recipe.table_program import PROGRAM_NAME, Framework, table_program
from advisor.recipe.templates import program
from advisor.results import Advice, Recommendation

FRAMEWORKS: tuple[Framework, ...] = get_args(Framework)


def program_of(
    advice: Advice, framework: Framework = "torch", *, data: str | None = None, file: str = PROGRAM_NAME
) -> str:
    """Return a program that trains what was checked.

    Of a table it is the whole job: reading this file as it was understood, encoding, the model with its initial
    weights, training, held-out loss, saving and predicting. Of samples and models of the user's own, model and data
    stand in and are to be replaced.

    Args:
        advice: what was checked.
        framework: ``torch``, or another of ``FRAMEWORKS``.
        data: path of the table; None: its name.
        file: name that the program will have.

    Raises:
        PlanError: an unknown framework, or one that has no such optimizer, schedule or model.
    """
    job = advice.job
    if framework not in FRAMEWORKS or job is None or job.loss == "own":
        return snippet(advice.recommendation, framework)
    return table_program(advice, job, framework, data=data, file=file)


def programs(advice: Advice, *, data: str | None = None) -> dict[Framework, str]:
    """Return the program for every framework that can train what was checked, torch first; see ``program_of``."""
    found: dict[Framework, str] = {}
    for framework in FRAMEWORKS:
        try:
            found[framework] = program_of(advice, framework, data=data)
        except PlanError:  # it lacks the optimizer, the schedule or the model
            continue
    return found or {"torch": snippet(advice.recommendation)}  # of a source that no program reads, the loop alone


def snippet(recommendation: Recommendation, framework: Framework = "torch") -> str:
    """Return a runnable script with this optimizer, schedule and clipping; only model and data stand in.

    Args:
        recommendation: what to write down.
        framework: ``torch`` (a plain loop), ``lightning``, ``huggingface`` (Trainer), ``keras`` or
            ``sklearn``.

    Returns:
        Python source, numbers to six digits. For an optimizer that torch lacks it imports the package that has it and
        says how to install it.

    Raises:
        PlanError: an unknown framework, or one that has no such optimizer.
    """
    match framework:
        case "torch":
            return program(
                "loop",
                recipe=recipe_code(recommendation),
                batch=min(recommendation.batch_size or 32, 256),
                clip_norm=recommendation.clip_norm,
            )
        case "lightning":
            return code_frameworks.lightning(recommendation)
        case "huggingface":
            return code_frameworks.huggingface(recommendation)
        case "keras":
            return code_frameworks.keras(recommendation)
        case "sklearn":
            return code_frameworks.sklearn(recommendation)
        case _:
            raise PlanError(
                f"no framework is called {framework!r}{did_you_mean(framework, FRAMEWORKS)} "
                f"(known: {', '.join(FRAMEWORKS)})"
            )
