"""The way of the data, from input to advice; read this first.

data ── profiling ──► DataFacts ─┐
model ─ inspection ─► ModelFacts ┼─► rules ─► draft ─► probe ─► rules ─► recommendation ─► trials ─► verdict
plan ────────────────────────────┘
"""

from __future__ import annotations

import importlib.metadata
import math
import os
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from advisor import results
from advisor._version import __version__
from advisor.api.advice import Advice
from advisor.api.recommendation import Recommendation
from advisor.border import checks_input
from advisor.checking.baseline import with_baseline
from advisor.checking.check import check, why_untrained
from advisor.checking.terms import Start, Terms
from advisor.errors import ModelError, PlanError, check_seed, did_you_mean
from advisor.facts import DataFacts, Facts, ModelFacts, Plan, with_facts
from advisor.facts.names import Budget
from advisor.files import read_text
from advisor.inference import infer, sensitivities
from advisor.knowledge import RuleBase, load_rules
from advisor.progress import Progress, silent
from advisor.results import (
    CheckPlan,
    ParameterGroup,
    Provenance,
    Remark,
    Verdict,
)
from advisor.torch_package import require_torch, torch_gap

if TYPE_CHECKING:
    from advisor.preparation import Prepared
    from advisor.profiling import ReadingOptions
    from advisor.training.workers.task import Workers


@checks_input
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
        rules: folders with rules of your own, used together with the shipped ones.

    Raises:
        RuleError: rule files have problems.
    """
    return Recommendation.of(infer(Facts.of(data, model, plan), load_rules(rules)))


@checks_input
def advise(
    model: Any,
    train: Any,
    loss: str | Callable[..., Any] | None = None,
    *,
    plan: Plan | None = None,
    target: str | None = None,
    validation: Any = None,
    budget: Budget | float = "standard",
    reading: ReadingOptions | Mapping[str, Any] | None = None,
    memory: str | None = None,
    rules: Sequence[str | Path] = (),
    seed: int = 0,
    progress: Progress = silent,
    executor: Any = None,
    plan_from: results.Advice | str | Path | None = None,
    facts: Mapping[str, Any] | None = None,
    proxy: Callable[[int], Any] | float | None = None,
    **settings: Any,
) -> Advice:
    """Advise optimizer, learning rate and schedule for ``model`` on ``train``, and check the advice by short training.

    Your model, optimizer, loader and random generators are left exactly as they were: all training happens on copies.
    ``accumulation`` and ``precision`` of the plan hold in the trials as well. DDP, ``DataParallel`` and
    ``torch.compile`` are unwrapped.

    In a process group (``torchrun``), call it on every rank: rank 0 decides with the samples of all ranks, the trials
    are dealt out to all, the batch size counts once per rank, and every rank returns the same advice, or raises the
    same message when one fails. Tables are taken from rank 0. Before ``init_process_group`` each process decides alone,
    and a note in the verdict says so.

    Args:
        model: a ``torch.nn.Module``, a function without arguments that makes one, a scikit-learn estimator, or a
            preset name (``auto``, ``linear``, ``logistic``, ``mlp[:128,64]``, ``resnet-tabular``, ``cnn`` …).
        train: a table (path, glob; pandas, polars or Arrow, alone or with its target as ``(frame, y)``), ``(X, y)``
            arrays or tensors, a ``Dataset``, a ``DataLoader`` or an iterable of batches (tuples, lists, dicts, nested).
            Tables are encoded before a model sees them: missing values filled, numbers standardised, categories
            one-hot. Arrays, tensors and all other samples reach the model exactly as they are, whatever the model is.
            Of a generator, which can be read only once, a bounded number of batches is drawn and gone; a function that
            returns one keeps it whole.
        loss: ``"mse"``, ``"cross_entropy"``, ``"binary_cross_entropy"`` (on logits), ``"huber"``, ``"mae"``, a
            criterion of (prediction, target) such as ``nn.HuberLoss()``, or ``loss(model, batch) -> scalar mean``.
            None: by the task of a table; for a preset or an estimator on ``(X, y)`` by y (floats ``"mse"``, labels from
            0 on ``"cross_entropy"``), and a note says so; else the one that the module itself returns (``.loss`` or
            ``["loss"]``).
        plan: epochs, batch size and whatever else is fixed; what is None is chosen.
        target: column to predict, for tables; None: guessed, and the advice names the guess.
        validation: held-out data in the same form as ``train``; None: every seed of the trials holds another fifth out.
        budget: how much is trained to check the advice: ``none``, ``quick``, ``standard``, ``thorough``, or seconds
            within which the call ends. Ctrl-C ends the check: the advice is then what was found by that time, and says
            what it lacks.
        reading: how a file of text is to be read, such as ``{"delimiter": ";", "decimal": ",", "na": ["-999"]}``; what
            it does not say is worked out from the file, and ``advice.facts.data.reading`` says how. The keys are those
            of ``advisor.profiling.ReadingOptions``.
        memory: memory limit while reading a table, such as ``"500MB"``.
        rules: folders with rules of your own.
        seed: same seed and input, same advice.
        progress: called with what is being done and the share done; its method ``planned``, if it has one, with the
            plan of the check (``results.CheckPlan``) before the trials start.
        executor: who trains the trials: anything with ``submit(function, *arguments)`` in the style of
            ``concurrent.futures`` (processes, dask, Ray, MPI, submitit), or a function that makes one. The answer does
            not depend on it, but for rounding where several threads of this process would share a large step. None:
            this process.
        plan_from: an earlier advice on the same job, or its JSON file, whose check is to be repeated: the same trials
            in place of a budget, whatever the clock says now. With the same seed and versions the advice is the same
            bit for bit; what it says of time is what the first check took. Of a check that was stopped, all that was
            planned is trained.
        facts: what you know beyond what data and model show, such as ``{"model.pretrained": True}``; it goes before
            what was found. ``advisor facts`` lists all there are.
        proxy: a function of a width that makes the model, such as ``lambda width: Net(width)``: trials then train a
            copy of a quarter of the width, and what they find is carried over to the model, with the uncertainty of
            that. For models that are too large to be tried themselves. Or a share of the data, such as 0.1, for runs
            that are too long: trials then go through that part of it as often as the run goes through all.
        **settings: plan settings given directly, such as ``epochs=20``. ``optimizer`` may also be an optimizer of your
            own over the model's parameters: its kind and settings are kept, and so are the ratios between the learning
            rates of its groups, in the trials, in ``advice.build`` and in ``advice.apply(optimizer)``.

    Raises:
        InputError: data, model, loss, plan or facts cannot be used; the message says what, where and what to do.
        RuleError: rule files have problems.
    """
    start = Start()
    from advisor.preparation import is_table, loss_from, prepare, samples_in
    from advisor.training.deadline import Deadline

    _check_budget(budget)
    check_seed(seed)
    _check_model(model)
    if isinstance(train, str | os.PathLike):
        _check_path(str(train))
    with_facts(Facts(), facts or {})
    loss = loss_from(loss)
    earlier = None if plan_from is None else _earlier(plan_from, budget)
    budget = budget if earlier is None else earlier.provenance.budget
    is_timed = not isinstance(budget, str) and earlier is None
    deadline = Deadline(time.perf_counter() + float(budget)) if is_timed else None

    def decided(
        model: Any,
        source: Any,
        held_out: Any,
        plan: Plan,
        groups: tuple[ParameterGroup, ...] = (),
        own_rate: float | None = None,
        notes: tuple[Remark, ...] = (),
        workers: Workers | None = None,
    ) -> Advice:
        base = load_rules(rules)
        prepared = prepare(
            *(model, source, loss),
            plan=plan,
            target=target,
            validation=held_out,
            reading=reading,
            memory=memory,
            seed=seed,
            progress=progress,
            computable=proxy is None,
        )
        stated = with_facts(prepared.facts, facts) if facts else prepared.facts
        ready = replace(prepared, facts=stated, groups=groups, own_rate=own_rate, proxy=proxy)
        return _advice(ready, base, Terms(budget, seed, progress, deadline, workers, start=start), notes, earlier)

    if torch_gap() is not None:
        if not is_table(train):
            require_torch("reading arrays, tensors and loaders")
        return decided(model, train, validation, _merged(plan, settings))

    from advisor.training.devices import autocast_precision
    from advisor.training.distributed import joined_ranks, launched_alone, together, world_size
    from advisor.training.isolation import preserved_state
    from advisor.training.modules import unwrap
    from advisor.training.workers.executors import workers_of
    from advisor.training.workers.ranks import RankWorkers, lead

    model = unwrap(model)
    plan, groups, own_rate = _with_optimizer(plan, settings, model)
    if plan.precision is None:
        plan = plan.model_copy(update={"precision": autocast_precision(model)})
    if loss is None and plan.loss != "custom":
        loss = plan.loss
    with preserved_state(model, loss, train, validation, trains=budget != "none"):
        if world_size() == 1:
            with workers_of(executor) as workers:
                return decided(model, train, validation, plan, groups, own_rate, launched_alone(), workers)
        if executor is not None:
            raise PlanError("executor: in a process group the ranks train the trials; leave executor out")
        with joined_ranks() as ranks:
            own, own_held_out = ranks.everywhere(lambda: samples_in(train, validation, seed=seed))
            parts, held_out = ranks.gathered(own), ranks.gathered(own_held_out)
            wide = plan if plan.devices else plan.model_copy(update={"devices": ranks.size})

            def decided_for_all(workers: RankWorkers) -> str:
                source, kept = together(parts) or train, together(held_out) or validation
                return decided(model, source, kept, wide, groups, own_rate, workers=workers).to_json()

            return Advice.from_json(lead(ranks, decided_for_all))


def _check_path(path: str) -> None:
    """Say of a wrong path that it is one before torch is imported, which takes seconds."""
    from advisor.profiling.reading.fetching import is_elsewhere
    from advisor.profiling.reading.open import located

    if not is_elsewhere(path):
        located(path)


def _advice(
    prepared: Prepared,
    base: RuleBase,
    terms: Terms,
    notes: tuple[Remark, ...] = (),
    earlier: results.Advice | None = None,
) -> Advice:
    plan, linear_plan = _plans(earlier)
    found = check(prepared, base, replace(terms, plan=plan))
    baseline, verdict = with_baseline(prepared, base, found, replace(terms, plan=linear_plan))
    if earlier is not None:
        verdict = _costing_as(earlier.verdict, verdict)
        if baseline is not None and earlier.baseline is not None:
            same = _costing_as(earlier.baseline.verdict, baseline.verdict)
            baseline = baseline.model_copy(update={"verdict": same})
    data = results.Advice(
        facts=found.facts,
        recommendation=found.recommendation,
        verdict=verdict.model_copy(update={"notes": (*verdict.notes, *prepared.notes, *notes)}),
        probe=found.probe,
        baseline=baseline,
        sensitivities=sensitivities(found.facts, base),
        provenance=_provenance(prepared, base, terms),
        job=prepared.table,
    )
    return Advice.of(data)


def _earlier(source: results.Advice | str | Path, budget: Budget | float) -> results.Advice:
    """Return the advice whose check is to be repeated.

    Raises:
        DataError: the file holds no advice.
        PlanError: nothing was checked, or another budget is asked for.
    """
    if isinstance(source, results.Advice):
        found, name = source, "the advice"
    else:
        path = Path(source)
        found, name = Advice.from_json(read_text(path, what=".advisor.json file"), path.name), path.name
    if found.verdict.plan is None:
        raise PlanError(
            f"plan_from: {name} holds no plan, because nothing was trained or an older version wrote it; give a budget"
        )
    if budget not in {"standard", found.provenance.budget}:
        raise PlanError(
            f"budget={budget!r}: plan_from repeats a check of budget {found.provenance.budget!r}; leave budget out"
        )
    return found


def _plans(earlier: results.Advice | None) -> tuple[CheckPlan | None, CheckPlan | None]:
    """Return the plans of a check that is repeated: of the model, and of the linear one beside it."""
    if earlier is None:
        return None, None
    return earlier.verdict.plan, None if earlier.baseline is None else earlier.baseline.verdict.plan


def _costing_as(earlier: Verdict, verdict: Verdict) -> Verdict:
    """Return a verdict with what the check took when it was done first."""
    return verdict.model_copy(update={"cost": earlier.cost, "seconds": earlier.seconds})


def _provenance(prepared: Prepared, base: RuleBase, terms: Terms) -> Provenance:
    torch_version = importlib.metadata.version("torch") if why_untrained(terms.budget) is None else ""
    return Provenance(
        advisor=__version__,
        ruleset=base.version,
        overlays=tuple(base.overlays),
        python=platform.python_version(),
        torch=torch_version,
        seed=terms.seed,
        budget=terms.budget,
        source=prepared.source_name,
        model=prepared.model_name,
    )


def _check_budget(budget: Budget | float) -> None:
    """Refuse a budget that is neither a name nor a positive number of seconds, before anything is read.

    Raises:
        PlanError: it is not.
    """
    names = get_args(Budget)
    if budget in names or (isinstance(budget, int | float) and not isinstance(budget, bool) and 0 < budget < math.inf):
        return
    suggestion = did_you_mean(budget, names) if isinstance(budget, str) else ""
    raise PlanError(f"budget={budget!r}: give {', '.join(names)} or a positive number of seconds{suggestion}")


def _check_model(model: Any) -> None:
    """Refuse a class where an instance is wanted.

    Raises:
        ModelError: it is a class.
    """
    if isinstance(model, type):
        name = model.__name__
        raise ModelError(f"model: {name} is a class; give an instance, {name}(...), or a function that makes one")


def _with_optimizer(
    plan: Plan | None, settings: dict[str, Any], model: Any
) -> tuple[Plan, tuple[ParameterGroup, ...], float | None]:
    """Return the plan, and the groups and highest learning rate of an optimizer object among the settings.

    A rate known to work at the same batch size is what the user trains with as well.
    """
    own = settings.get("optimizer")
    if own is None or isinstance(own, str):
        merged = _merged(plan, settings)
        at_other_batch = merged.reference_batch_size not in {None, merged.batch_size}
        return merged, (), None if at_other_batch else merged.reference_learning_rate
    from advisor.recipe.torch_groups import groups_of, highest_rate, is_optimizer, plan_of

    if not is_optimizer(own) or not hasattr(model, "named_parameters"):
        raise PlanError(f"optimizer={own!r}: give a name, or an optimizer over the parameters of the module you give")
    stated = {name: value for name, value in dict(plan_of(own)).items() if value is not None}
    merged = _merged(plan, {**stated, **{k: v for k, v in settings.items() if k != "optimizer"}})
    return merged, groups_of(own, model), highest_rate(own)


def _merged(plan: Plan | None, settings: dict[str, Any]) -> Plan:
    stated = {name: value for name, value in dict(plan or Plan()).items() if value is not None}
    return Plan(**{**stated, **settings})
