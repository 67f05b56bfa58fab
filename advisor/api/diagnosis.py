"""A diagnosis that explains itself and draws its page, and the way from a training log to it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from advisor import results
from advisor.border import checks_input
from advisor.diagnosis.diagnose import diagnosis_of
from advisor.diagnosis.reading import read_history
from advisor.diagnosis.run_context import gather_run_context
from advisor.facts import DataFacts, ModelFacts, Plan
from advisor.files import write_text
from advisor.knowledge import load_rules
from advisor.language import speaking


class Diagnosis(results.Diagnosis):
    """Symptoms, the recipe that the log shows, and what should change, with reasons."""

    @classmethod
    def of(cls, data: results.Diagnosis) -> Diagnosis:
        """Return the same data with the conveniences; nothing is validated again."""
        return cls.model_construct(data.model_fields_set, **dict(data))

    def explain(self, *, lang: str | None = None) -> str:
        """Return symptoms, changes and reasons as plain text.

        Args:
            lang: ``en`` or ``ko``; None: English, or what ``advisor.language.speaking`` says.
        """
        from advisor.reporting.text.diagnosis import explain

        with speaking(lang):
            return explain(self)

    def to_html(self, path: str | Path | None = None, *, lang: str | None = None) -> str:
        """Return the diagnosis as one self-contained HTML page, and write it when a path is given.

        Args:
            path: file to write.
            lang: ``en`` or ``ko``; None: English, or what ``advisor.language.speaking`` says.
        """
        from advisor.reporting.html.diagnosis import render

        with speaking(lang):
            text = render(self)
        if path is not None:
            write_text(path, text)
        return text

    def _repr_html_(self) -> str:
        from advisor.reporting.html.diagnosis import render_notebook

        return render_notebook(self)


@checks_input
def diagnose(
    history: Any,
    advice: results.Advice | None = None,
    *,
    data: DataFacts | None = None,
    model: ModelFacts | None = None,
    plan: Plan | None = None,
    constant_loss: float | None = None,
    loss_column: str | None = None,
    validation_column: str | None = None,
    rate_column: str | None = None,
    norm_column: str | None = None,
    rules: Sequence[str | Path] = (),
    **settings: Any,
) -> Diagnosis:
    """Find out from a training log what went wrong, and what to change.

    Args:
        history: a path (a table, JSON, Hugging Face's ``trainer_state.json``, printed lines, TensorBoard events, a
            log folder), a data frame, a dict of lists, a list of dicts, or a Keras ``History``.
        advice: the advice that the run followed, if any.
        data: what is known about the data; None: what the advice knows.
        model: what is known about the model; None: what the advice knows.
        plan: what the run trained with; None: what the advice said.
        constant_loss: loss of the best constant prediction, by which a run that learned nothing is recognised.
        loss_column: column of the training loss; None: recognised by its name. So are the others.
        validation_column: column of the held-out loss.
        rate_column: column of the learning rate.
        norm_column: column of the gradient norm.
        rules: folders with rules of your own, used in addition to the shipped ones.
        **settings: what the run trained with, given directly, such as ``optimizer="adamw", learning_rate=3e-4``.

    Raises:
        DataError: the log cannot be read, or holds no loss.
        PlanError: an unknown setting, or a value that does not fit.
        RuleError: rule files have problems.
    """
    context = gather_run_context(advice, data, model, plan, settings)
    log = read_history(
        history,
        loss_column=loss_column,
        validation_column=validation_column,
        rate_column=rate_column,
        norm_column=norm_column,
    )
    return Diagnosis.of(diagnosis_of(log, context, load_rules(rules), constant_loss=constant_loss))
