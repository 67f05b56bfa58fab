"""The way of the data, from input to advice; read this first.

data ── profiling ──► DataFacts ─┐
model ─ inspection ─► ModelFacts ┼─► rules ─► draft ─► probe ─► rules ─► recommendation ─► trials ─► verdict
plan ────────────────────────────┘
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import advisor
from advisor.facts import DataFacts, Facts, ModelFacts, Plan
from advisor.facts.names import Budget
from advisor.inference import infer
from advisor.knowledge import RuleBase, load_rules
from advisor.progress import Progress, silent
from advisor.results import Advice, Baseline, Provenance, Recommendation, not_run

if TYPE_CHECKING:
    from advisor.preparation import Prepared


def recommend(
    data: DataFacts | None = None,
    model: ModelFacts | None = None,
    plan: Plan | None = None,
    *,
    rules: Sequence[str | Path] = (),
) -> Recommendation:
    """Recommend from facts alone: milliseconds, no torch.

    Args:
        data: what is known about the data; None: nothing.
        model: what is known about the model; None: nothing.
        plan: what is fixed; None: everything is free.
        rules: folders with rules of your own, laid over the shipped ones.

    Raises:
        RuleError: rule files have problems.
    """
    facts = Facts(data=data or DataFacts(), model=model or ModelFacts(), plan=plan or Plan())
    return infer(facts, load_rules(tuple(Path(folder) for folder in rules)))


def advise(
    model: Any,
    train: Any,
    loss: str | Callable[..., Any] | None = None,
    *,
    plan: Plan | None = None,
    target: str | None = None,
    validation: Any = None,
    budget: Budget | float = "standard",
    memory: str | None = None,
    rules: Sequence[str | Path] = (),
    seed: int = 0,
    progress: Progress = silent,
    **settings: Any,
) -> Advice:
    """Advise optimizer, learning rate and schedule for ``model`` on ``train``, and prove the advice by short training.

    Your model, optimizer, loader and random generators are left exactly as they were: all training happens on copies.

    Args:
        model: a ``torch.nn.Module``, a function without arguments that makes one, a scikit-learn estimator, or a
            preset name (``auto``, ``linear``, ``logistic``, ``mlp[:128,64]``, ``resnet-tabular``, ``cnn`` …).
        train: a table (path, glob, pandas, polars or Arrow), ``(X, y)`` arrays or tensors, a ``Dataset``, a
            ``DataLoader`` or an iterable of batches.
        loss: ``"mse"``, ``"cross_entropy"`` or ``loss(model, batch) -> scalar mean``; None: by the task.
        plan: epochs, batch size and whatever else is fixed; what is None is chosen.
        target: column to predict, for tables; None: guessed, and said.
        validation: held-out data in the same form as ``train``; None: a fifth of it is held out.
        budget: work spent on proof: ``none``, ``quick``, ``standard``, ``thorough`` or seconds.
        memory: memory limit while reading a table, such as ``"500MB"``.
        rules: folders with rules of your own.
        seed: same seed and input, same advice.
        progress: called with what is being done and the share done.
        **settings: plan settings given directly, such as ``epochs=20``.

    Raises:
        InputError: data, model, loss or plan cannot be used; the message says what, where and what to do.
        RuleError: rule files have problems.
    """
    from advisor.preparation import prepare
    from advisor.verification.footprint import untouched

    plan = _merged(plan, settings)
    base = load_rules(tuple(Path(folder) for folder in rules))
    with untouched(model):
        prepared = prepare(
            *(model, train, loss),
            plan=plan,
            target=target,
            validation=validation,
            memory=memory,
            seed=seed,
            progress=progress,
        )
        facts, recommendation, verdict, probe = _decide(prepared, base, budget, seed, progress)
        baseline = _baseline(prepared, base, budget, seed, progress)
    return Advice(
        facts=facts,
        recommendation=recommendation,
        verdict=verdict,
        probe=probe,
        baseline=baseline,
        provenance=_provenance(prepared, base, budget, seed),
    )


def _decide(prepared: Prepared, base: RuleBase, budget: Budget | float, seed: int, progress: Progress) -> Any:
    """Rules, probe, rules again, trials."""
    facts = prepared.facts
    draft = infer(facts, base)
    if budget == "none":
        return facts, draft, not_run(draft.learning_rate, draft.interval, "No budget was given for trials."), None

    from advisor.verification.confirm import confirm
    from advisor.verification.probe import probe

    job = prepared.job(draft)
    report = probe(job, draft, seed=seed, progress=progress)
    facts = facts.model_copy(update={"probe": report.facts})
    recommendation = infer(facts, base)
    verdict = confirm(job, recommendation, budget=budget, seed=seed, progress=progress)
    if facts.plan.learning_rate is None:
        recommendation = recommendation.replaced(learning_rate=verdict.learning_rate, interval=verdict.interval)
    return facts, recommendation, verdict, report


def _baseline(
    prepared: Prepared, base: RuleBase, budget: Budget | float, seed: int, progress: Progress
) -> Baseline | None:
    linear = prepared.linear_baseline() if budget != "none" else None
    if linear is None:
        return None
    progress("training a linear baseline", None)
    _, recommendation, verdict, _ = _decide(linear, base, "quick", seed, silent)
    return Baseline(name=linear.model_name, recommendation=recommendation, verdict=verdict)


def _provenance(prepared: Prepared, base: RuleBase, budget: Budget | float, seed: int) -> Provenance:
    torch_version = ""
    if budget != "none":
        import importlib.metadata

        torch_version = importlib.metadata.version("torch")
    return Provenance(
        advisor=advisor.__version__,
        ruleset=base.version,
        overlays=tuple(base.overlays),
        python=platform.python_version(),
        torch=torch_version,
        seed=seed,
        budget=budget,
        source=prepared.source_name,
        model=prepared.model_name,
    )


def _merged(plan: Plan | None, settings: dict[str, Any]) -> Plan:
    stated = {name: value for name, value in dict(plan or Plan()).items() if value is not None}
    return Plan(**{**stated, **settings})
