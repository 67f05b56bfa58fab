"""The data and the model, ready to print: headline figures, all known facts, and the columns of the table."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from advisor.facts import ColumnFacts, DataFacts, Facts, ModelFacts, known
from advisor.language import gettext as _
from advisor.language import phrase, translated
from advisor.reporting import formatting, labels
from advisor.reporting.sentences.template import fill

MAX_TOP_VALUES = 3
"""Frequent values shown per column. Judgement: they fit its cell."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A headline figure: ``Noise``, ``23 %``, ``90 % interval 15 % to 30 %``."""

    label: str
    value: str
    detail: str = ""
    is_name: bool = False


@dataclass(frozen=True, slots=True)
class FactRow:
    """A known fact."""

    path: str
    meaning: str
    value: str


@dataclass(frozen=True, slots=True)
class ColumnRow:
    """A column of the table."""

    name: str
    kind: str
    role: str
    missing: str
    distinct: str
    center: str
    spread: str
    extent: str
    remark: str


@dataclass(frozen=True, slots=True)
class DataView:
    """The data in figures, rows and notes."""

    name: str
    figures: tuple[Figure, ...]
    facts: tuple[FactRow, ...]
    columns: tuple[ColumnRow, ...]
    reading: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ModelView:
    """The model in figures, rows and notes."""

    name: str
    figures: tuple[Figure, ...]
    facts: tuple[FactRow, ...]
    layers: tuple[tuple[str, str, str], ...]
    notes: tuple[str, ...]


def data_view(facts: Facts) -> DataView:
    """Gather what is known about the data."""
    data = facts.data
    return DataView(
        name=data.name or "",
        figures=tuple(figure for figure in _data_figures(data) if figure is not None),
        facts=rows_of(facts, "data."),
        columns=tuple(_column(item) for item in data.columns),
        reading=tuple(map(translated, data.reading)),
        notes=tuple(map(translated, data.notes)),
    )


def model_view(facts: Facts) -> ModelView:
    """Gather what is known about the model."""
    model = facts.model
    return ModelView(
        name=model.name or "",
        figures=tuple(figure for figure in _model_figures(model) if figure is not None),
        facts=rows_of(facts, "model."),
        layers=tuple((path, kind, formatting.count(parameters)) for path, kind, parameters in model.layers),
        notes=model.notes,
    )


def rows_of(facts: Facts, prefix: str) -> tuple[FactRow, ...]:
    """Return all known facts below ``prefix``, derived ones included."""
    found = []
    for path, value in known(facts).items():
        if path.startswith(prefix):
            meaning, unit = labels.fact_meaning(path)
            found.append(FactRow(path, meaning, formatting.fact_value(value, unit)))
    return tuple(found)


def _data_figures(data: DataFacts) -> list[Figure | None]:
    return [
        _figure(_("Rows"), data.rows, "rows", detail=_duplicates(data)),
        _features(data),
        _target(data),
        _figure(_("Task"), data.task, "", detail=_classes(data)),
        _scale(data),
        noise_figure(data),
        _conditioning(data),
        _missing(data),
    ]


def _figure(label: str, value: float | str | None, unit: str, detail: str = "") -> Figure | None:
    if value is None:
        return None
    if isinstance(value, str):
        return Figure(label, _(value.replace("_", " ")), detail, is_name=True)
    return Figure(label, formatting.count(value) if unit != "share" else formatting.share(value), detail)


def _duplicates(data: DataFacts) -> str:
    return fill("{share:share} repeated", share=data.duplicates) if data.duplicates else ""


def _features(data: DataFacts) -> Figure | None:
    if data.features is None:
        return None
    used = Counter(item.kind for item in data.columns if item.role == "feature")
    kinds = [
        fill(said, count=value)
        for value, said in (
            (data.numeric, phrase("{count:count} numeric")),
            (data.categorical, phrase("{count:count} categorical")),
            (used["boolean"], phrase("{count:count} yes or no")),
            (used["date"], phrase("{count:count} dates") if used["date"] != 1 else phrase("{count:count} date")),
            (data.dropped, phrase("{count:count} left out")),
        )
        if value
    ]
    inputs = data.encoded_features
    if inputs is not None and inputs != data.features:
        kinds.append(fill("{count:count} model inputs", count=inputs))
    return Figure(_("Features"), formatting.count(data.features), ", ".join(kinds))


def _target(data: DataFacts) -> Figure | None:
    if data.target_name is None:
        return None
    target = data.target
    detail = ""
    if target.mean is not None and target.std is not None and target.classes is None and not target.standardized:
        detail = fill("mean {mean:number}, std {std:number}", mean=target.mean, std=target.std)
    return Figure(_("Target"), formatting.name(data.target_name), detail, is_name=True)


def _classes(data: DataFacts) -> str:
    target = data.target
    if target.classes is None:
        return ""
    classes = formatting.amount(target.classes, "classes")
    if target.minority_share is None:
        return classes
    return fill("{classes}, rarest {share:share}", classes=classes, share=target.minority_share)


def _scale(data: DataFacts) -> Figure | None:
    if data.scale.ratio is None:
        return None
    meaning = _("largest standard deviation over smallest")
    if data.scale.standardized:
        meaning = _("largest standard deviation over smallest, standardised in training")
    return Figure(_("Feature scale ratio"), formatting.number(data.scale.ratio), meaning)


def noise_figure(data: DataFacts) -> Figure | None:
    """Return the noise with its interval; None when it is unknown."""
    noise = data.noise
    level = next((value for value in (noise.level, noise.unexplained, noise.label_flips) if value is not None), None)
    if level is None:
        return None
    parts = []
    if noise.lower is not None and noise.upper is not None:
        parts.append(fill("90 % interval {lower:share} to {upper:share}", lower=noise.lower, upper=noise.upper))
    of = _("labels changed at random") if noise.label_flips is not None else _("target variance no model explains")
    return Figure(_("Noise"), formatting.share(level), ", ".join([*parts, of]))


def _conditioning(data: DataFacts) -> Figure | None:
    conditioning = data.conditioning
    if conditioning.condition is None and conditioning.largest is None:
        return None
    largest = fill("largest eigenvalue {value:number}", value=conditioning.largest) if conditioning.largest else ""
    if conditioning.condition is None:
        return Figure(
            _("Largest eigenvalue"), formatting.number(conditioning.largest), _("of X'X/n as the model sees it")
        )
    return Figure(_("Condition number κ"), formatting.number(conditioning.condition), largest)


def _missing(data: DataFacts) -> Figure | None:
    if data.missing is None:
        return None
    worst = fill("up to {share:share} in a column", share=data.max_missing) if data.max_missing else ""
    return Figure(_("Missing cells"), formatting.share(data.missing), worst)


def _model_figures(model: ModelFacts) -> list[Figure | None]:
    frozen = fill("{share:share} frozen", share=model.frozen_share) if model.frozen_share else ""
    gain = model.init_gain
    weights = (
        Figure(_("Initial weights"), f"{formatting.number(gain, 2)} × He", _("fan-in rule"))
        if gain is not None
        else None
    )
    return [
        _figure(_("Family"), model.family, "", detail=_("convex loss") if model.convex else ""),
        _figure(_("Parameters"), model.parameters, "parameters", detail=frozen),
        _figure(_("Hidden layers"), model.depth, "layers", detail=_width(model)),
        _figure(_("Normalisation"), model.normalization, ""),
        _figure(_("Activation"), model.activation, ""),
        weights,
    ]


def _width(model: ModelFacts) -> str:
    return fill("widest {units}", units=formatting.amount(model.width, "units")) if model.width else ""


def _column(item: ColumnFacts) -> ColumnRow:
    extent = ""
    if item.min is not None and item.max is not None:
        extent = formatting.between(formatting.number(item.min), formatting.number(item.max))
    elif item.top:
        extent = ", ".join(
            f"{formatting.plain(value, 20)} ({formatting.count(n)})" for value, n in item.top[:MAX_TOP_VALUES]
        )
    return ColumnRow(
        name=formatting.name(item.name),
        kind=item.kind,
        role=item.role,
        missing=formatting.share(item.missing) if item.missing is not None else "",
        distinct=formatting.count(item.distinct) if item.distinct is not None else "",
        center=formatting.number(item.mean) if item.mean is not None else "",
        spread=formatting.number(item.std) if item.std is not None else "",
        extent=extent,
        remark=translated(item.note or ""),
    )
