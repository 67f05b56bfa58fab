"""The terminal summary."""

from __future__ import annotations

import io
import subprocess
import sys
from types import ModuleType

import pytest
from rich.cells import cell_len
from rich.console import Console, RenderableType

from advisor.reporting.terminal import advice as terminal
from advisor.results import Advice, remark


def shown(renderable: RenderableType, width: int = 80, encoding: str = "utf-8") -> str:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    Console(file=stream, width=width, highlight=False, color_system=None).print(renderable)
    stream.seek(0)
    return stream.read()


def everything(advice: Advice) -> list[RenderableType]:
    return [
        terminal.render(advice),
        terminal.render_recommendation(advice.recommendation, advice.facts),
        terminal.render_facts(advice.facts.data),
        terminal.render_model(advice.facts.model),
    ]


def test_it_says_what_matters_in_eighty_columns(typical: Advice) -> None:
    text = shown(terminal.render(typical))
    flat = " ".join(text.split())
    lines = [line.rstrip() for line in text.splitlines()]
    assert (lines[0], lines[2]) == ("  - Predicts price: regression.", "AdamW, peak learning rate 3.2e-3")
    for part in (
        "90 % interval 1.7e-3 to 6.1e-3",
        "cosine decay after 5 % warm-up ▄██",
        "batch 64, 30 epochs, 3,240 steps",
        "→ ADJUSTED Moved from 4.4e-3 to 3.2e-3: in trials at 13 rates (3 seeds each)",
        "Adam at 1e-3, constant 0.2727 the advice is 16 % lower",
        "Checking cost 42 % of one full training run",
        "× 1.3 → 4e-3 Raise the rate when the run is short",
        "! Features differ in scale by a factor of 49,000",
        "Noise 21 % 90 % interval 16 % to 27 %",
        "Condition number κ 53.7",
        "? plan.early_stopping: training stops when validation stops improving",
    ):
        assert part in flat, part


def test_a_loss_above_a_constant_prediction_is_said_whatever_the_verdict(typical: Advice) -> None:
    verdict = typical.verdict.model_copy(update={"held_out_loss": 1.4})
    text = " ".join(shown(terminal.render(typical.model_copy(update={"verdict": verdict}))).split())
    assert "! A constant prediction does better." in text
    assert "A constant prediction does better" not in " ".join(shown(terminal.render(typical)).split())


@pytest.mark.parametrize("width", [80, 50, 200])
def test_no_case_breaks_it_or_overflows(advice: Advice, width: int) -> None:
    for part in everything(advice):
        text = shown(part, width)
        assert max((cell_len(line) for line in text.splitlines()), default=0) <= width
        assert "None" not in text
        assert "\x1b" not in text
        assert "\x07" not in text


def test_names_are_text_and_not_markup(make: ModuleType) -> None:
    text = shown(terminal.render(make.hostile()), 200)
    assert "[bold red]markup[/bold red] [/] \\[" in text


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_a_terminal_without_unicode_gets_plain_signs(typical: Advice, encoding: str) -> None:
    text = shown(terminal.render(typical), encoding=encoding)
    assert "> ADJUSTED" in text
    assert "##" in text


def test_the_verdict_does_not_rest_on_colour(advice: Advice) -> None:
    text = shown(terminal.render(advice))
    title = {"not_run": "NOT CHECKED"}.get(advice.verdict.status, advice.verdict.status.upper())
    assert title in text


def test_the_facts_of_a_wide_table_stay_short(make: ModuleType) -> None:
    text = shown(terminal.render_facts(make.huge().facts.data))
    assert "sensor_000" in text
    assert "and 460 more" in text


def test_it_starts_light() -> None:
    program = (
        "import sys\n"
        "import advisor.reporting.html.advice, advisor.reporting.terminal.advice, advisor.reporting.text.advice\n"
        "print(*sorted({'altair', 'vl_convert', 'torch', 'pandas', 'scipy', 'numpy'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == ""


def test_the_cost_of_the_check_is_said_in_time_and_in_trainings(typical: Advice) -> None:
    verdict = typical.verdict.model_copy(update={"cost": 12.3, "seconds": 200.0})
    flat = " ".join(shown(terminal.render(typical.model_copy(update={"verdict": verdict})), 200).split())
    assert "Checking cost about 3 min, 12 times one full training run (871,000 sample gradients)." in flat


def test_what_weighs_most_stands_beside_the_answer_and_the_rest_below(typical: Advice) -> None:
    reasons = (*typical.verdict.reasons[:1], *[remark("rules_stand")] * 2, remark("rivals_lost"))
    verdict = typical.verdict.model_copy(update={"reasons": reasons})
    flat = " ".join(shown(terminal.render(typical.model_copy(update={"verdict": verdict})), 300).split())
    rival = "No rival ends lower by more than the error of the trials."
    assert flat.index("The rules' answer stands.") < flat.index("With this advice") < flat.index(rival)
