"""What leaving a rule out did to the benchmark: ``rules/evidence/<rule id>.json``."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from advisor.errors import Problem


class Ablation(BaseModel):
    """Excess loss over the best of a fine grid, with the rule and without it, over the tasks where it fires.

    Excess is a share: 0.02 is a held-out loss 2 % above the best learning rate's. Further fields are left alone.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    rule: str
    command: str = Field(description="what measured it")
    tasks_fired: int = Field(ge=0)
    median_excess_with: float | None
    median_excess_without: float | None
    p90_excess_with: float | None
    p90_excess_without: float | None
    failures_with: int = Field(ge=0)
    failures_without: int = Field(ge=0)


def evidence_file(folder: Path, rule_id: str) -> Path:
    """Return where a rule's ablation lies, whether there is one or not."""
    return folder / "evidence" / f"{rule_id}.json"


def read_ablation(folder: Path, rule_id: str) -> Ablation | Problem | None:
    """Return a rule's ablation, what is wrong with its file, or None when there is none."""
    path = evidence_file(folder, rule_id)
    if not path.is_file():
        return None
    name = f"rules/evidence/{path.name}"
    try:
        found = Ablation.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        return Problem(name, 0, "L207", f"cannot be read ({error})")
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        return Problem(name, 0, "L207", f"not an ablation: {where + ': ' if where else ''}{first['msg'].lower()}")
    if found.rule != rule_id:
        return Problem(name, 0, "L207", f"is of the rule {found.rule!r}; the file is named after its rule")
    return found
