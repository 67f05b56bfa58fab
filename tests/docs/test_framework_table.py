"""The table of frameworks: every cell has a test, by name, or says in words why there is nothing."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "frameworks" / "README.md"
COLUMNS = ("advise", "apply", "code", "guard")

LIGHTNING, HUGGING_FACE, KERAS, FASTAI, OTHERS = (
    f"integrations/test_{name}.py" for name in ("lightning", "huggingface", "keras", "fastai", "others")
)
WHOLE_JOB = ("integrations/test_programs.py", "test_every_framework_ends_where_torch_does")
TESTS: dict[tuple[str, str], tuple[str, str]] = {
    ("torch", "advise"): ("tests/test_advise.py", "test_any_source_of_samples"),
    ("torch", "apply"): ("tests/test_advise.py", "test_the_advice_builds_what_it_recommends_and_survives_json"),
    ("torch", "code"): ("tests/recipe/test_table_program.py", "test_the_program_ends_near_the_loss_of_the_verdict"),
    ("torch", "guard"): ("tests/guard/test_guard.py", "test_a_lowered_run_goes_on_from_good_weights"),
    ("Lightning", "advise"): (LIGHTNING, "test_a_module_is_advised_by_its_own_step_and_left_alone"),
    ("Lightning", "apply"): (LIGHTNING, "test_the_callback_sets_rates_schedule_and_clipping"),
    ("Lightning", "code"): WHOLE_JOB,
    ("Lightning", "guard"): (LIGHTNING, "test_the_guard_stops_a_lost_run"),
    ("Hugging Face", "advise"): (HUGGING_FACE, "test_a_trainer_is_advised_and_applied"),
    ("Hugging Face", "apply"): (HUGGING_FACE, "test_arguments_hold_the_recommendation"),
    ("Hugging Face", "code"): WHOLE_JOB,
    ("Hugging Face", "guard"): (HUGGING_FACE, "test_the_guard_stops_a_lost_run"),
    ("Keras 3", "advise"): (KERAS, "test_a_compiled_model_is_trained_by_its_own_loss_and_left_alone"),
    ("Keras 3", "apply"): (KERAS, "test_optimizer_and_schedule_train_as_advised"),
    ("Keras 3", "code"): WHOLE_JOB,
    ("Keras 3", "guard"): (KERAS, "test_the_guard_stops_a_lost_run"),
    ("fastai", "advise"): (FASTAI, "test_a_learner_is_advised_on_its_own_batches_and_left_alone"),
    ("fastai", "apply"): (FASTAI, "test_fit_one_cycle_draws_the_advised_curve_within_a_step"),
    ("fastai", "guard"): (FASTAI, "test_the_guard_stops_a_lost_run_and_sees_the_held_out_loss"),
    ("scikit-learn", "advise"): ("tests/test_advise.py", "test_an_estimator_and_a_preset"),
    ("scikit-learn", "apply"): ("tests/frameworks/test_sklearn.py", "test_a_network_gets_what_it_can_follow"),
    ("scikit-learn", "code"): (
        "tests/recipe/test_framework_programs.py",
        "test_the_program_of_scikit_learn_trains_its_own_estimator_and_predicts",
    ),
    ("skorch", "apply"): (OTHERS, "test_skorch_trains_with_optimizer_schedule_and_clipping"),
    ("skorch", "guard"): (OTHERS, "test_a_callback_of_skorch_guards"),
    ("Accelerate", "apply"): (OTHERS, "test_accelerate_prepares_what_is_built"),
    ("Accelerate", "guard"): (OTHERS, "test_a_run_of_accelerate_is_guarded_and_lowered"),
    ("ignite", "guard"): (OTHERS, "test_ignite_is_guarded_by_a_handler"),
    ("Optuna", "apply"): (OTHERS, "test_optuna_begins_with_the_advice_and_stays_in_its_interval"),
    ("MLflow, Weights & Biases", "apply"): (OTHERS, "test_mlflow_logs_flat_parameters_and_the_report"),
    ("timm, Ultralytics, torchtune, axolotl, TRL", "code"): (
        "tests/recipe/test_handovers.py",
        "test_every_tool_says_it_or_refuses_with_what_to_ask",
    ),
    ("timm, Ultralytics, torchtune, axolotl, TRL", "guard"): (
        "tests/guard/test_watch.py",
        "test_the_command_ends_with_one_when_something_is_wrong",
    ),
}


def table() -> dict[tuple[str, str], str]:
    """Return the cells of the page by framework and column."""
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    head, *body = ([cell.strip() for cell in row.strip("| ").split(" | ")] for row in rows)
    assert tuple(head[1:]) == COLUMNS
    found = {}
    for name, *cells in body:
        plain = re.sub(r"\[([^]]+)\]\([^)]+\)", r"\1", name).removesuffix(", on torch")
        found |= {(plain, column): cell for column, cell in zip(COLUMNS, cells, strict=True)}
    return found


CELLS = table()


@pytest.mark.parametrize("place", CELLS, ids="/".join)
def test_a_cell_has_a_test_or_a_reason(place: tuple[str, str]) -> None:
    if CELLS[place].startswith("–"):
        assert place not in TESTS
        assert len(CELLS[place].split()) >= 4, "a dash says why"
        return
    path, name = TESTS[place]
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_named_test_stands_behind_a_cell() -> None:
    assert TESTS.keys() <= CELLS.keys()
