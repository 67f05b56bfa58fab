"""Effects: what a rule that fires does. On the learning rate they live in log space."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from advisor.facts.derived import Value
from advisor.facts.leaf import LARGEST_NUMBER, in_range
from advisor.facts.names import Strength
from advisor.statistics.normal import Z_90

Setting = Literal[
    "batch_size",
    "epochs",
    "accumulation",
    "optimizer",
    "momentum",
    "nesterov",
    "beta1",
    "beta2",
    "epsilon",
    "weight_decay",
    "clip_norm",
    "schedule",
    "warmup_fraction",
    "final_fraction",
    "horizon_exponent",
    "rival_optimizer",
    "rival_schedule",
]
MAX_ITEMS = 64
"""Entries of one list in a rule file. Judgement: more is a mistake, or an attempt to keep the reader busy."""

_MAX_LOG = 700.0
"""By definition a little below the natural log of the largest float, ln(2¹⁰²⁴) = 709.8."""


class Part(BaseModel):
    """A frozen piece of a rule file."""

    # Built on first use: of all parts only the whole rule is validated at start-up, and start-up time counts.
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)


Number = Annotated[float, Field(strict=True, ge=-LARGEST_NUMBER, le=LARGEST_NUMBER), AfterValidator(in_range)]
"""A number of a rule file: never text, never true or false, and a product of several stays computable."""


UNKNOWN_FACT_SPREAD: Final = 4.0
"""How far a fact may lie from the typical value that stands for it. Judgement: widths and batches of published jobs of
one kind lie within a factor of four of their middle; numbers of parameters go further, and have small exponents."""


class Power(Part):
    """``(fact / reference) ** exponent``; ``range`` is the exponent's 90 % interval, where it is uncertain.

    ``typical`` stands for the fact while it is not known; without it the law has no value then.
    """

    exponent: Number
    reference: Number = Field(default=1.0, gt=0)
    range: tuple[Number, Number] | None = None
    typical: Number | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _holds_exponent(self) -> Power:
        if self.range is not None and not self.range[0] <= self.exponent <= self.range[1]:
            raise ValueError("range is [lower, upper] with the exponent between them")
        return self

    def sigma(self, base: float) -> float:
        """Return the standard deviation in natural log that the exponent's range means for a value of the fact."""
        if self.range is None:
            return 0.0
        off = max(self.exponent - self.range[0], self.range[1] - self.exponent)
        return off * abs(math.log(base / self.reference)) / Z_90


def _number_or(name: str) -> Discriminator:
    """Tell a bare number from a map of more."""
    return Discriminator(lambda value: name if isinstance(value, dict | BaseModel) else "number")


class Law(Part):
    """A monomial of facts: ``times * product of (fact / reference) ** exponent``, within ``clamp`` when given."""

    times: Number = Field(gt=0)
    powers: dict[
        str, Annotated[Annotated[Number, Tag("number")] | Annotated[Power, Tag("power")], _number_or("power")]
    ] = Field(min_length=1, max_length=MAX_ITEMS)
    clamp: tuple[Number, Number] | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Law:
        if self.clamp is not None and not 0 < self.clamp[0] <= self.clamp[1]:
            raise ValueError("clamp is [lower, upper] of positive numbers")
        return self

    def value(self, lookup: Callable[[str], Value]) -> float | None:
        """Return the law's value; None when a fact is not positive, or unknown and without a typical value."""
        product, log = self.times, math.log(self.times)
        for fact, power in self.powers.items():
            base = lookup(fact)
            if base is None and isinstance(power, Power):
                base = power.typical
            if base is None or isinstance(base, str) or base <= 0:
                return None
            exponent, reference = (power.exponent, power.reference) if isinstance(power, Power) else (power, 1.0)
            ratio = base / reference
            log += exponent * math.log(ratio)
            # The plain product keeps a known rate to its last digit; it may leave the range of floats, the log not.
            product *= ratio**exponent if abs(exponent * math.log(ratio)) < _MAX_LOG else 0.0
        found = (
            product if abs(log) < _MAX_LOG and 0 < product < math.inf else math.exp(max(-_MAX_LOG, min(_MAX_LOG, log)))
        )
        return min(max(found, self.clamp[0]), self.clamp[1]) if self.clamp else found

    def sigma(self, lookup: Callable[[str], Value]) -> float:
        """Return the standard deviation in natural log of the law's value.

        Uncertain exponents count, and facts that a typical value stands for.
        """
        total = 0.0
        for fact, power in self.powers.items():
            base = lookup(fact)
            if not isinstance(power, Power) or isinstance(base, str) or (base is not None and base <= 0):
                continue
            if base is not None:
                total += power.sigma(base) ** 2
            elif power.typical is not None:
                total += power.sigma(power.typical) ** 2 + self._sigma_of_unknown(fact, power.typical, lookup) ** 2
        return math.sqrt(total)

    def _sigma_of_unknown(self, fact: str, typical: float, lookup: Callable[[str], Value]) -> float:
        """Return what the law's value may be off because a typical value stands for a fact; the clamp bounds it."""
        ends = [
            self.value(lambda path, base=base: base if path == fact else lookup(path))  # type: ignore[misc]
            for base in (typical / UNKNOWN_FACT_SPREAD, typical * UNKNOWN_FACT_SPREAD)
        ]
        if ends[0] is None or ends[1] is None:
            return 0.0
        return abs(math.log(ends[1] / ends[0])) / (2 * Z_90)

    @property
    def facts(self) -> tuple[str, ...]:
        """The facts the law is a function of."""
        return tuple(self.powers)


Amount = Annotated[Annotated[Number, Field(gt=0), Tag("number")] | Annotated[Law, Tag("law")], _number_or("law")]
"""A positive number, or the law that gives it."""


class _OfNumber(Part):
    """A number or a law, with its 90 % range."""

    law: Law | None = None
    range: tuple[Number, Number] | None = None
    spread: Number | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _one_range(self) -> _OfNumber:
        if self.range is not None and self.spread is not None:
            raise ValueError("give range or spread, not both")
        if self.range is not None and not 0 < self.range[0] <= self.range[1]:
            raise ValueError("range is [lower, upper] of positive numbers")
        return self

    def sigma(self, default: float) -> float:
        """Return the standard deviation in natural log of the number, from its 90 % range."""
        if self.range is not None:
            return math.log(self.range[1] / self.range[0]) / (2 * Z_90)
        return math.log(self.spread if self.spread is not None else default) / Z_90


def _exactly_one(effect: Any, *names: str) -> None:
    if sum(getattr(effect, name) is not None for name in names) != 1:
        raise ValueError(f"give exactly one of {', '.join(names)}")


Like = Literal["adamw"]
"""The optimizer whose answer for the same job another optimizer's is a multiple of."""


class Anchor(_OfNumber):
    """A starting value for the learning rate; ``fixed`` keeps scales and measurements away from it.

    With ``like``, the value is a factor on what the rules choose for that optimizer, all their own factors included.
    """

    anchor: Literal["learning_rate"]
    like: Like | None = None
    value: Number | None = Field(default=None, gt=0)
    strength: Strength = "moderate"
    fixed: bool = False

    @model_validator(mode="after")
    def _one_value(self) -> Anchor:
        _exactly_one(self, "value", "law")
        return self

    @property
    def amount(self) -> float | Law | None:
        """The number or law."""
        return self.law if self.law is not None else self.value


class Scale(_OfNumber):
    """A factor on the learning rate; ``on_known_rate`` applies it to a rate that the user knows to work, too."""

    scale: Literal["learning_rate"]
    on_known_rate: bool = False
    factor: Number | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _one_value(self) -> Scale:
        _exactly_one(self, "factor", "law")
        return self

    @property
    def amount(self) -> float | Law | None:
        """The number or law."""
        return self.law if self.law is not None else self.factor


class Measure(_OfNumber):
    """A measured learning rate, weighed against the rules' by precision."""

    measure: Literal["learning_rate"]
    law: Law

    @property
    def amount(self) -> Law:
        """The law over measured facts."""
        return self.law


class Limit(Part):
    """A bound of the learning rate."""

    limit: Literal["learning_rate"]
    at_most: Amount | None = None
    at_least: Amount | None = None

    @model_validator(mode="after")
    def _one_bound(self) -> Limit:
        _exactly_one(self, "at_most", "at_least")
        return self

    @property
    def amount(self) -> float | Law | None:
        """The number or law of the bound."""
        return self.at_most if self.at_most is not None else self.at_least


class Choose(Part):
    """A setting other than the learning rate; with ``like``, a factor on what that optimizer would be given."""

    choose: Setting
    like: Like | None = None
    value: bool | int | float | str | None = None
    law: Law | None = None
    strength: Strength = "moderate"

    @model_validator(mode="after")
    def _one_value(self) -> Choose:
        _exactly_one(self, "value", "law")
        if self.like is not None and self.law is None and not isinstance(self.value, float | int):
            raise ValueError("with like, value is a factor")
        return self


class Advise(Part):
    """A piece of advice in words."""

    advise: str = Field(min_length=10)


class Warn(Part):
    """A warning in words."""

    warn: str = Field(min_length=10)
    severity: Literal["warning", "error"] = "warning"


LAWS = ("law", "at_most", "at_least")
"""The fields of effects that may hold a law."""

EFFECTS: Mapping[str, type[Part]] = {
    "anchor": Anchor,
    "scale": Scale,
    "measure": Measure,
    "limit": Limit,
    "choose": Choose,
    "advise": Advise,
    "warn": Warn,
}


def _kind(value: Any) -> str | None:
    """Return which effect a map is, by its key; the effects themselves know by their fields."""
    known = type(value).model_fields if isinstance(value, BaseModel) else value if isinstance(value, dict) else ()
    return next((kind for kind in EFFECTS if kind in known), None)


Effect = Annotated[
    Annotated[Anchor, Tag("anchor")]
    | Annotated[Scale, Tag("scale")]
    | Annotated[Measure, Tag("measure")]
    | Annotated[Limit, Tag("limit")]
    | Annotated[Choose, Tag("choose")]
    | Annotated[Advise, Tag("advise")]
    | Annotated[Warn, Tag("warn")],
    Discriminator(_kind, custom_error_type="effect", custom_error_message=f"an effect is one of {', '.join(EFFECTS)}"),
]


def law_of(effect: Any) -> Law | None:
    """Return the law in an effect, if it has one."""
    return next((law for name in LAWS if isinstance(law := getattr(effect, name, None), Law)), None)
