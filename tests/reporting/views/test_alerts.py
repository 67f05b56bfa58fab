"""What to do, in order of importance."""

from __future__ import annotations

import pytest

from advisor.facts import ColumnFacts, CorrelatedPair, CorrelationFacts, DataFacts, NoiseFacts
from advisor.facts.data import CODE_FOR_MISSING, NUMBERS_AS_CODES, TARGET_TOLD
from advisor.reporting.sentences.alerts import ACTIONS
from advisor.reporting.sentences.verdicts import REMARKS
from advisor.reporting.views.alerts import alerts_of, other_remarks
from advisor.reporting.views.proof import LEADING
from advisor.results import Advice, remark


def with_data(advice: Advice, **changes: object) -> Advice:
    """The same advice on other data, of which only this is known."""
    return advice.model_copy(update={"facts": advice.facts.model_copy(update={"data": DataFacts(**changes)})})


def codes(advice: Advice) -> list[str]:
    return [alert.code for alert in alerts_of(advice)]


def test_warnings_come_before_advice_and_the_check_before_data_before_rules(typical: Advice) -> None:
    reasons = (*typical.verdict.reasons, remark("few_batches_decide", share=0.9, count=1, batches=9))
    notes = (remark("not_bracketed"),)
    found = typical.model_copy(
        update={"verdict": typical.verdict.model_copy(update={"reasons": reasons, "notes": notes})}
    )
    assert codes(found) == [
        "few_batches_decide",
        "scale-ratio",  # a warning of a rule
        "not_bracketed",
        "features_alike",
        "missing_together",
        "adam-batch-sqrt",
    ]


def test_an_alert_says_what_to_do_and_why_with_names_and_numbers(typical: Advice) -> None:
    alert = next(item for item in alerts_of(typical) if item.code == "features_alike")
    assert alert.title == "Drop 'median_income' or 'rooms'"
    assert "0.96" in alert.text
    together = next(item for item in alerts_of(typical) if item.code == "missing_together")
    assert together.title == "Find out why 'near_water' and 'rooms' are missing together"


def test_a_copy_of_the_target_is_named_and_not_told_as_a_lack_of_noise_again(typical: Advice) -> None:
    quiet = {"task": "regression", "target_name": "price", "noise": NoiseFacts(upper=0.001)}
    assert codes(with_data(typical, **quiet))[0] == "target_without_noise"
    pair = CorrelatedPair(first="price_eur", second="price", correlation=-0.995)
    found = alerts_of(with_data(typical, **quiet, correlation=CorrelationFacts(with_target=(pair,))))
    assert found[0].title == "Leave 'price_eur' out, unless it is known when you predict"
    assert "target_without_noise" not in [alert.code for alert in found]


def remarked(note: str) -> ColumnFacts:
    return ColumnFacts(name="x", kind="integer", note=note)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"duplicates": 0.2}, "rows_repeated"),
        ({"notes": ("Target guessed: 'y', the last usable column.",), "target_name": "y"}, "target_guessed"),
        ({"columns": (ColumnFacts(name="x", kind="numeric", missing=0.7),)}, "mostly_missing"),
        ({"columns": (remarked(f"{TARGET_TOLD} (100 % of it)."),)}, "target_told"),
        ({"columns": (remarked(f"-9 {CODE_FOR_MISSING}: it stands in 4 % of the rows."),)}, "code_for_missing"),
        ({"columns": (remarked(f"Its 7 {NUMBERS_AS_CODES}."),)}, "numbers_as_codes"),
    ],
)
def test_each_finding_in_the_data_has_its_alert(typical: Advice, changes: dict[str, object], code: str) -> None:
    assert code in codes(with_data(typical, **changes))
    assert code not in codes(with_data(typical))


def test_nothing_is_said_twice_in_the_section_on_the_check(typical: Advice) -> None:
    first, other = remark("rules_stand"), remark("recipe_diverged", optimizer="sgd", schedule="cosine")
    asking = remark("lowest_at_an_edge", rates=3, seeds=1, rate=0.1)
    verdict = typical.verdict.model_copy(
        update={"reasons": (first,) * LEADING + (other, asking), "notes": (remark("not_bracketed"), other)}
    )
    found = typical.model_copy(update={"verdict": verdict, "probe": None})
    assert other_remarks(found) == ("SGD and cosine decay diverged at every rate.",)
    assert [alert.title for alert in alerts_of(found)].count(ACTIONS["not_bracketed"]) == 1


def test_remarks_that_ask_for_the_same_are_all_said_in_one_alert(typical: Advice) -> None:
    rates = remark("undecided_between_rates", rate=0.1, other=0.3, lead=0.02, error=0.1, seeds=2)
    recipes = remark("undecided_between_recipes", optimizer="sgd", schedule="cosine", other=0.5, lead=0.03, error=0.1)
    filler = (remark("rules_stand"),) * (LEADING - 1)
    verdict = typical.verdict.model_copy(
        update={"reasons": (rates, *filler, recipes), "notes": (remark("not_bracketed"),)}
    )
    (found,) = (
        alert
        for alert in alerts_of(typical.model_copy(update={"verdict": verdict}))
        if alert.title == ACTIONS["not_bracketed"]
    )
    assert "SGD, cosine decay at 0.5" in found.text
    assert "has no worse one on one side" in found.text
    assert "trials at 0.3" not in found.text  # it stands beside the answer


def test_an_action_belongs_to_a_remark_that_says_why() -> None:
    assert ACTIONS.keys() <= REMARKS.keys()


def test_hostile_names_and_bare_advices_have_alerts_too(advice: Advice) -> None:
    for alert in alerts_of(advice):
        assert alert.title
        assert "None" not in alert.text
