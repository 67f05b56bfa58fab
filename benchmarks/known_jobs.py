"""List the jobs that the rules were made with, for the distance of another job to them.

    python -m benchmarks.known_jobs        # writes rules/known_jobs.json

They are the golden recipes, the recipes read from configurations, and the tasks of the calibration split.
"""

from __future__ import annotations

import json
from typing import Any, Final

from advisor._data import data_dir
from advisor.facts import Facts, read, with_facts
from advisor.knowledge.known_jobs import FILE, KnownJob
from benchmarks.golden import golden
from benchmarks.regret.facts import facts_of
from benchmarks.regret.tasks import tasks

SIZES: Final = (
    *("data.rows", "model.parameters", "plan.effective_batch", "plan.total_steps", "plan.tokens"),
    *("model.width", "model.depth", "model.hidden_size"),
)
"""Facts in which jobs are compared: sizes of data, model and run, whose logarithm says how far two jobs are apart."""


def job_of(name: str, facts: Facts) -> KnownJob:
    """Return what of a job's facts says where it lies."""
    sizes = {
        path: float(f"{value:.4g}") for path in SIZES if isinstance(value := read(facts, path), int | float) and value
    }
    return KnownJob(name, str(facts.model.family), facts.model.pretrained, sizes)


def all_jobs() -> list[KnownJob]:
    """Return every job once, recipes first."""
    recipes = (item for name in ("recipes", "configurations") for item in golden(name))
    found = [job_of(item.job or item.id, with_facts(Facts(), item.facts)) for item in recipes]
    found += [job_of(f"the table {task.data}", facts_of(task)) for task in tasks() if task.split == "calibration"]
    unique = {(job.family, job.pretrained, *job.sizes.items()): job for job in reversed(found) if job.sizes}
    return [job for job in reversed(unique.values()) if job.family != "None"]


def entry_of(job: KnownJob) -> dict[str, Any]:
    """Return a job as it stands in the file."""
    pretrained = {"pretrained": job.pretrained} if job.pretrained is not None else {}
    return {"name": job.name, "family": job.family, **pretrained, "sizes": dict(job.sizes)}


def text() -> str:
    """Return the file, one job a line."""
    return "[\n" + ",\n".join(json.dumps(entry_of(job), ensure_ascii=False) for job in all_jobs()) + "\n]\n"


if __name__ == "__main__":
    (data_dir("rules") / FILE).write_text(text(), encoding="utf-8")
