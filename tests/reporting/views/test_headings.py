"""Headings say what was found: another finding has another heading, and its topic stands beside it."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from types import ModuleType

import pytest

from advisor.api.advice import Advice
from advisor.facts import DataFacts, ModelFacts, NoiseFacts
from advisor.reporting.charts.rate_curve import rate_curve
from advisor.reporting.charts.trials import trials
from advisor.reporting.html import advice as html
from advisor.reporting.sentences.headings import CHECKS
from advisor.reporting.views.advice import view_of
from advisor.reporting.views.headings import check_heading, data_heading, differing_heading, use_heading
from advisor.results import Trial, remark


def headings(page: str) -> list[tuple[str, str]]:
    """Return the topic and the text of every heading that has a topic."""
    found = re.findall(r'<p class="topic"[^>]*>(.*?)</p>\s*<(h[23])>(.*?)</\2>', page, re.DOTALL)
    return [(unescape(topic), unescape(re.sub("<[^>]+>", "", text))) for topic, _, text in found]


def texts_of(advice: Advice) -> dict[str, str]:
    return dict(headings(html.render(advice, {"torch": "train(model)\n"})))


@pytest.mark.parametrize("case", ["typical", "rejected", "troubled_log", "healthy_log"])
def test_every_part_of_a_page_is_headed_with_what_was_found(case: str, page_of: Callable[[str], str]) -> None:
    page = page_of(case)
    found = headings(page)
    sections = re.findall(r'<section id="(\w+)"', page)
    assert len(found) >= len(sections) - 1  # the answer is a finding as it stands
    for topic, text in found:
        assert text.strip()
        assert text != topic


def test_headings_differ_with_the_finding(make: ModuleType) -> None:
    typical, rejected, inconclusive = (texts_of(make.CASES[case]()) for case in ("typical", "rejected", "inconclusive"))
    assert len({found["How it was checked"] for found in (typical, rejected, inconclusive)}) == 3
    assert len({found["Trials"] for found in (typical, rejected, inconclusive)}) == 3
    assert typical["Learning rate over the run"] != rejected["Learning rate over the run"]


def test_a_check_is_headed_with_its_first_reason(typical: Advice) -> None:
    flat = remark("hardly_depends_on_rate", span=20.0, range=0.01, noise=0.02)
    spent = remark("out_of_time", rates=3)
    verdict = typical.verdict.model_copy(update={"status": "inconclusive", "reasons": (spent, flat)})
    assert check_heading(verdict) == CHECKS["hardly_depends_on_rate"]
    old = typical.verdict.model_copy(update={"status": "confirmed", "reasons": (remark("recorded", text="as before"),)})
    assert check_heading(old) == "Trials agree with the rules"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"schedule": "constant", "warmup_fraction": 0.0}, "The rate stays at 3.2e-3"),
        ({"schedule": "constant"}, "The rate rises over the first 5 % of the run and stays at 3.2e-3"),
        ({"schedule": "linear", "warmup_fraction": 0.0}, "The rate falls from 3.2e-3 to almost 0"),
        ({"schedule": "linear", "warmup_fraction": 0.0, "final_fraction": 0.1}, "The rate falls from 3.2e-3 to 3.2e-4"),
        ({}, "The rate rises to 3.2e-3 over the first 5 % of the run and falls to almost 0"),
        ({"schedule": "cyclical"}, "The rate swings between"),
        ({"stop_steps": 800}, "Training stops at step 800 of the 3,240"),
    ],
)
def test_the_curve_is_headed_with_where_the_rate_goes(typical: Advice, changes: dict[str, object], said: str) -> None:
    assert rate_curve(typical.recommendation.replaced(**changes)).finding.startswith(said)


@pytest.mark.parametrize(
    ("means", "said"),
    [
        ((0.4, 0.2, 0.3), "Lowest at 1e-3; rates on both sides end higher"),
        ((0.4, 0.3, 0.2), "Lowest at 0.01, the highest rate tried"),
        ((0.2, 0.3, 0.4), "Lowest at 1e-4, the lowest rate tried"),
        ((0.4, 0.2, None), "Lowest at 1e-3; from 0.01 on, trainings diverge"),
        ((None, None, None), "Every training diverged"),
    ],
)
def test_trials_are_headed_with_where_they_end_lowest(
    typical: Advice, means: tuple[float | None, ...], said: str
) -> None:
    tried = tuple(
        Trial(
            optimizer="adamw",
            schedule="cosine",
            learning_rate=rate,
            losses=(mean,),
            mean=mean,
            diverged=int(mean is None),
        )
        for rate, mean in zip((1e-4, 1e-3, 1e-2), means, strict=True)
    )
    drawing = trials(typical.verdict.model_copy(update={"trials": tried}), typical.recommendation)
    assert drawing is not None
    assert drawing.finding == said


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (DataFacts(rows=50, features=20), "50 rows are few for 20 features"),
        (DataFacts(rows=5000, features=20, missing=0.1), "10 % of the cells are missing"),
        (DataFacts(rows=5000, features=20, noise=NoiseFacts(level=0.7)), "Most of the target is noise: 70 %"),
        (DataFacts(rows=5000, features=20, noise=NoiseFacts(level=0.2)), "About 20 % of the target is noise"),
        (DataFacts(rows=5000, features=20, noise=NoiseFacts(level=0.001)), "The target has next to no noise"),
        (DataFacts(rows=5000, features=20), "5,000 rows, 20 features"),
        (DataFacts(rows=5000), "5,000 training samples"),
    ],
)
def test_the_data_are_headed_with_what_matters_most(data: DataFacts, said: str) -> None:
    assert data_heading(data).startswith(said)


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (ModelFacts(convex=True, parameters=10), "The model is linear"),
        (ModelFacts(parameters=1e6, frozen_share=0.9), "90 % of the weights do not train"),
        (ModelFacts(parameters=1e6), "More parameters than rows"),
        (ModelFacts(parameters=10), "10 parameters learn from"),
    ],
)
def test_the_model_is_headed_with_its_size_beside_the_data(typical: Advice, model: ModelFacts, said: str) -> None:
    facts = typical.facts.model_copy(update={"model": model})
    assert view_of(typical.model_copy(update={"facts": facts})).headings.model.startswith(said)


def test_what_to_do_is_headed_with_the_gravest_kind(typical: Advice) -> None:
    assert view_of(typical).headings.alerts.endswith("to look into before you rely on it")
    trace = typical.recommendation.trace
    notes = tuple(note for note in trace.notes if note.severity == "advice")
    calm = typical.model_copy(
        update={
            "recommendation": typical.recommendation.replaced(trace=trace.model_copy(update={"notes": notes})),
            "facts": typical.facts.model_copy(update={"data": DataFacts(rows=1000, features=3)}),
        }
    )
    assert view_of(calm).headings.alerts == "Nothing is wrong; 1 suggestion may still help"


def test_a_table_of_two_results_is_headed_with_what_differs() -> None:
    assert differing_heading([], 4) == "The same in both"
    assert differing_heading(["Epochs"], 4) == "1 of 4 differ: Epochs"
    assert differing_heading(["a", "b", "c", "d"], 4) == "Different: a, b, c and 1 more"


def test_use_is_headed_with_what_it_takes() -> None:
    assert use_heading(3, 1) == "3 lines put it to use; a program trains without advisor"
    assert use_heading(3, 4).startswith("3 lines put it to use; programs for 4 frameworks")
