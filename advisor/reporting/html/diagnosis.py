"""A diagnosis as one self-contained HTML page, a pure function of it; and as a fragment for notebooks.

It is made of the same frame, pieces and styles as the report on an advice.
"""

from __future__ import annotations

import hashlib

from advisor.reporting.charts.losses import losses
from advisor.reporting.html.template import environment, styles
from advisor.reporting.views.diagnosis import diagnosis_view
from advisor.results import Diagnosis


def render(found: Diagnosis) -> str:
    """Return the page, which needs no network and no other file."""
    page = environment().get_template("diagnosis.html.j2")
    return page.render(view=diagnosis_view(found), chart=losses(found), css=styles("theme", "report"))


def render_notebook(found: Diagnosis) -> str:
    """Return a compact fragment for a notebook's output cell; ids differ between different diagnoses."""
    digest = hashlib.sha256(repr(found).encode(errors="replace")).hexdigest()[:10]
    fragment = environment().get_template("notebook_diagnosis.html.j2")
    return fragment.render(
        view=diagnosis_view(found), chart=losses(found, f"advisor-{digest}"), css=styles("theme", "notebook")
    )
