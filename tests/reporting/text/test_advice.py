"""The plain-text derivation."""

from __future__ import annotations

from types import ModuleType

from rich.cells import cell_len

from advisor.api.advice import Advice
from advisor.language import speaking
from advisor.reporting.text import advice as text
from advisor.reporting.text.lines import WIDTH


def flat(shown: str) -> str:
    return " ".join(shown.split())


def test_every_part_of_the_trace_is_told(typical: Advice) -> None:
    shown = flat(text.explain(typical.recommendation))
    trace = typical.recommendation.trace
    for item in trace.contributions:
        assert item.rule.title in shown
        assert item.rule.because in shown
        assert all(source.title in shown and source.says in shown for source in item.rule.sources)
        assert all(path in shown for path, _ in item.facts)
    for note in trace.notes:
        assert note.text in shown
    for undecided in trace.undecided:
        assert undecided.title in shown
        assert all(f"--set {path}=VALUE" in shown for path in undecided.missing)
    for overridden in trace.overridden:
        assert overridden.title in shown
    assert "14 of 67 rules fired" in shown
    assert "AdamW at a peak learning rate of 3.2e-3, cosine decay after 5 % warm-up" in shown
    assert "90 % interval 1.7e-3 to 6.1e-3" in shown


def test_steps_stand_in_order_with_before_and_after(typical: Advice) -> None:
    shown = text.explain(typical.recommendation)
    places = [shown.index(lead) for lead in ("start at 3e-3", "× 1.3 ", "× 1.4 ", "at most 5e-3", "measured 3.1e-3")]
    assert places == sorted(places)
    assert "3e-3 → 4e-3" in shown
    assert "5.2e-3 → 5e-3" in shown


def test_an_advice_also_tells_how_it_was_checked_and_what_the_data_are(typical: Advice) -> None:
    shown = flat(text.explain_advice(typical))
    assert "Adjusted. Moved from 4.4e-3 to 3.2e-3: in trials at 13 rates" in shown
    assert "Adam at 1e-3, constant 0.2727 (advice: 16 % lower)" in shown
    assert "Checking cost 42 % of one full training run (871,000 sample gradients)." in shown
    assert "Noise 21 %" in shown
    assert "Missing values were filled with medians." in shown


def test_no_case_breaks_it_or_gets_control_characters_out(advice: Advice) -> None:
    for shown in (text.explain_advice(advice), text.explain(advice.recommendation)):
        assert shown.endswith("\n")
        assert not any(ord(character) < 32 and character != "\n" for character in shown)
        assert "None" not in shown
        assert " nan" not in shown


def test_lines_fit_and_percent_signs_stay_with_their_numbers(typical: Advice) -> None:
    lines = text.explain_advice(typical).splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert not any(line.strip().startswith("%") for line in lines)


def test_lines_of_korean_letters_fit_as_well(typical: Advice) -> None:
    lines = text.explain_advice(typical).splitlines()
    with speaking("ko"):
        in_korean = text.explain_advice(typical).splitlines()
    assert len(in_korean) > len(lines) / 2
    assert max(map(cell_len, in_korean)) <= WIDTH


def test_the_conveniences_on_results_call_it(typical: Advice) -> None:
    assert typical.explain() == text.explain_advice(typical)
    assert typical.recommendation.explain() == text.explain(typical.recommendation)


def test_a_bare_recommendation_is_still_an_answer(make: ModuleType) -> None:
    shown = text.explain(make.minimal().recommendation)
    assert shown.startswith("Adam at a peak learning rate of 1e-3, constant\n90 % interval 1e-4 to 0.01\n")
    assert "No trace was kept." in shown
