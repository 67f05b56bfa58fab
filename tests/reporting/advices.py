"""Advices made by hand: what a report must cope with, from an ordinary run to hostile names."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

from advisor.api.advice import Advice, Baseline
from advisor.api.recommendation import Recommendation
from advisor.api.verdict import Verdict
from advisor.facts import (
    ColumnFacts,
    ConditioningFacts,
    CorrelatedPair,
    CorrelationFacts,
    DataFacts,
    Facts,
    MissingPattern,
    ModelFacts,
    NoiseFacts,
    Plan,
    ProbeFacts,
    ScaleFacts,
    ShapeFacts,
    TargetFacts,
)
from advisor.results import (
    Choice,
    Citation,
    Contribution,
    Interval,
    Note,
    Overridden,
    ProbeReport,
    Provenance,
    RangeTest,
    RuleUse,
    Sensitivity,
    SensitivityPoint,
    Trace,
    Trial,
    Undecided,
    not_run,
    remark,
)

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(2)>',
    "'; DROP TABLE houses; --",
    "</style><style>body{display:none}</style>",
    "</svg><svg onload=alert(3)>",
    "{{ 7 * 7 }} {% raw %}",
    "[bold red]markup[/bold red] [/] \\[",
    "\u202eright to left\u202c שלום עולם",
    "👩‍👩‍👧‍👦 emoji 🎉",
    "name" * 75,
    "control\x00\x1b[31m\x07 characters\r\n\ttoo",
    "&lt;b&gt; &amp; &#x3c;",
    "javascript:alert(4)",
    "]]><!-- comment -->",
    "  ",
)


def typical() -> Advice:
    """A regression table, adjusted by trials, with everything in it."""
    recommendation = Recommendation(
        learning_rate=3.2e-3,
        interval=Interval(lower=1.7e-3, upper=6.1e-3),
        optimizer="adamw",
        beta1=0.9,
        beta2=0.999,
        epsilon=1e-8,
        weight_decay=0.01,
        schedule="cosine",
        warmup_fraction=0.05,
        final_fraction=0.0,
        batch_size=64,
        epochs=30,
        total_steps=3240,
        clip_norm=1.0,
        trace=typical_trace(),
    )
    return Advice(
        facts=typical_facts(),
        recommendation=recommendation,
        verdict=typical_verdict(),
        probe=ProbeReport(
            facts=ProbeFacts(
                initial_loss=1.08,
                constant_loss=1.0,
                initial_loss_ratio=1.08,
                gradient_norm=0.83,
                gradient_noise_scale=212.0,
                noise_ratio=3.3,
                curvature=9.4,
                range_test_usable=True,
            ),
            range_test=range_test(),
            gradient_samples=41_000,
        ),
        baseline=Baseline(
            name="linear",
            recommendation=recommendation.replaced(optimizer="sgd", momentum=0.9, learning_rate=0.05, trace=Trace()),
            verdict=Verdict(
                status="confirmed",
                reasons=(remark("hardly_depends_on_rate", span=6.0, range=0.001, noise=0.004),),
                learning_rate=0.05,
                interval=Interval(lower=0.02, upper=0.12),
                proposed=0.05,
                held_out_loss=0.522,
                constant_loss=1.0,
                default_loss=0.561,
            ),
        ),
        sensitivities=(
            Sensitivity(
                fact="plan.batch_size",
                present=64,
                points=tuple(
                    SensitivityPoint(value=batch, learning_rate=4.4e-3 * (batch / 64) ** 0.5)
                    for batch in (8, 16, 32, 64, 128, 256, 512)
                ),
            ),
        ),
        provenance=Provenance(
            advisor="0.1.0",
            ruleset="0.1.0",
            overlays=("our-lab",),
            python="3.11.9",
            torch="2.13.0",
            seed=0,
            budget="standard",
            source="houses.csv",
            model="mlp:128,64",
        ),
    )


def typical_facts() -> Facts:
    """Facts of a table of houses and a small network."""
    columns = (
        ("median_income", "numeric", 3.87, 1.90, 0.5, 15.0, None),
        ("house_age", "integer", 28.6, 12.6, 1.0, 52.0, None),
        ("rooms", "numeric", 5.43, 2.47, 0.8, 141.9, "12 values beyond six standard deviations were clipped smoothly."),
        ("population", "integer", 1425.5, 1132.5, 3.0, 35682.0, None),
        ("latitude", "numeric", 35.6, 2.14, 32.5, 42.0, None),
        ("longitude", "numeric", -119.6, 2.0, -124.4, -114.3, None),
        ("lot_area", "numeric", 48211.0, 93800.0, 600.0, 2.1e6, None),
    )
    return Facts(
        data=DataFacts(
            name="houses.csv",
            modality="tabular",
            task="regression",
            rows=8_640,
            features=8,
            encoded_features=12,
            numeric=7,
            categorical=1,
            dropped=2,
            max_cardinality=5,
            missing=0.012,
            max_missing=0.081,
            duplicates=0.0004,
            constant_columns=1,
            target_name="price",
            scale=ScaleFacts(ratio=49_368.0, max_abs=2.1e6, rms=1.0, offset_ratio=59.8, standardized=True),
            shape=ShapeFacts(max_skew=4.9, max_kurtosis=73.6, max_z=30.3, outlier_share=0.031),
            conditioning=ConditioningFacts(
                largest=2.31, smallest=0.043, trace=12.0, condition=53.7, raw_largest=1.1e10, max_correlation=0.92
            ),
            correlation=CorrelationFacts(
                pairs=(
                    CorrelatedPair(first="median_income", second="rooms", correlation=0.96),
                    CorrelatedPair(first="latitude", second="longitude", correlation=-0.92),
                    CorrelatedPair(first="house_age", second="population", correlation=-0.3),
                ),
                with_target=(CorrelatedPair(first="median_income", second="price", correlation=0.69),),
                spectrum=(2.3, 1.9, 1.2, 0.8, 0.6, 0.16, 0.04),
            ),
            missing_patterns=(
                MissingPattern(columns=(), share=0.9),
                MissingPattern(columns=("near_water", "rooms"), share=0.07),
                MissingPattern(columns=("near_water",), share=0.03),
            ),
            target=TargetFacts(mean=206_855.0, std=115_395.0, skew=0.98, max_z=2.55, standardized=True, entropy=1.0),
            noise=NoiseFacts(
                unexplained=0.21, level=0.21, lower=0.16, upper=0.27, method="nearest neighbours and boosted trees"
            ),
            columns=(
                *(
                    ColumnFacts(
                        name=name,
                        kind=kind,
                        mean=mean,
                        std=std,
                        min=low,
                        max=high,
                        q25=mean - 0.6 * std,
                        median=mean,
                        q75=mean + 0.6 * std,
                        missing=0.0,
                        distinct=800,
                        note=note,
                    )
                    for name, kind, mean, std, low, high, note in columns
                ),
                ColumnFacts(
                    name="near_water",
                    kind="categorical",
                    missing=0.081,
                    distinct=5,
                    top=(("inland", 3100), ("bay", 2500), ("ocean < 1 h", 1900), ("near ocean", 1100), ("island", 5)),
                ),
                ColumnFacts(
                    name="id",
                    kind="identifier",
                    role="dropped",
                    distinct=8640,
                    note="Left out: every row has its own value.",
                ),
                ColumnFacts(
                    name="country", kind="constant", role="dropped", distinct=1, note="Left out: a single value."
                ),
                ColumnFacts(
                    name="price",
                    kind="numeric",
                    role="target",
                    mean=206_855.0,
                    std=115_395.0,
                    min=14_999.0,
                    max=500_001.0,
                ),
            ),
            notes=(
                "The target was guessed: price is the last numeric column.",
                "Missing values were filled with medians.",
            ),
        ),
        model=ModelFacts(
            name="mlp:128,64",
            family="mlp",
            convex=False,
            depth=2,
            width=128,
            parameters=9_985,
            trainable_parameters=9_985,
            inputs=12,
            outputs=1,
            activation="relu",
            normalization="none",
            dropout=0.0,
            init_gain=0.58,
            initialization="default",
            layers=(("0", "Linear", 1664), ("2", "Linear", 8256), ("4", "Linear", 65)),
        ),
        plan=Plan(epochs=30, batch_size=64, device="cpu", precision="float32", loss="mse"),
        probe=ProbeFacts(initial_loss=1.08, curvature=9.4),
    )


def rule(rule_id: str, title: str, because: str, grade: str = "published", *sources: Citation) -> RuleUse:
    """A rule as the trace keeps it."""
    return RuleUse(id=rule_id, title=title, because=because, grade=grade, sources=sources)  # type: ignore[arg-type]


KINGMA = Citation(
    key="kingma2015adam",
    title="Adam: A Method for Stochastic Optimization (Kingma & Ba, 2015)",
    url="https://arxiv.org/abs/1412.6980",
    at="section 2.1",
    says="the size of a step is bounded by the learning rate",
)
BENCH = Citation(
    key="own-benchmark",
    title="advisor's regret benchmark",
    at="docs/benchmarks.md",
    says="median excess falls to 1.4 %",
)


def typical_trace() -> Trace:
    """Six steps to a learning rate, seven settings, notes, open questions and rules that gave way."""
    anchor = rule(
        "adamw-mlp-table",
        "Start AdamW at 3e-3 for a small network on a standardised table",
        "Adam divides each step by the gradient's own size, so the learning rate alone sets how far a weight moves; "
        "networks of this size on standardised inputs bear three times the usual 1e-3.",
        "measured",
        BENCH,
        KINGMA,
    )
    horizon = rule(
        "short-horizon",
        "Raise the rate when the run is short",
        "A short run cannot afford small steps: the best peak rate falls roughly with the fourth root of the steps.",
        "measured",
        BENCH,
    )
    batch = rule(
        "adam-batch-sqrt",
        "Scale Adam's rate with the square root of the batch",
        "Averaging more samples shrinks the gradient noise, and Adam normalises by it.",
        "published",
        Citation(
            key="malladi2022sdes",
            title="On the SDEs and Scaling Rules for Adaptive Gradient Algorithms",
            url="https://arxiv.org/abs/2205.10287",
            at="theorem 5.3",
            says="square-root scaling",
        ),
    )
    noise = rule(
        "noisy-target",
        "Lower the rate for a noisy target",
        "Noise in the target becomes noise in the steps.",
        "judgement",
    )
    probe = rule(
        "probe-range-test",
        "Weigh in the range test",
        "A clear descent says where steps begin to help.",
        "measured",
        BENCH,
    )
    limit = rule(
        "adam-mlp-ceiling",
        "Keep Adam at or below 5e-3 here",
        "Above this, runs of this kind diverge.",
        "measured",
        BENCH,
    )
    chosen = rule(
        "adamw-default",
        "Take AdamW unless something speaks against it",
        "It is the safest first choice.",
        "published",
        KINGMA,
    )
    cosine = rule(
        "cosine-known-horizon",
        "Take cosine decay when the length of the run is known",
        "Ending low saves the last percent.",
    )
    return Trace(
        contributions=(
            Contribution(
                kind="anchor",
                rule=anchor,
                value=3e-3,
                range=Interval(lower=1e-3, upper=9e-3),
                after=3e-3,
                facts=(("model.family", "mlp"), ("plan.optimizer", "adamw"), ("data.scale.standardized", True)),
            ),
            Contribution(
                kind="scale",
                rule=horizon,
                value=1.33,
                range=Interval(lower=1.1, upper=1.6),
                before=3e-3,
                after=3.99e-3,
                facts=(("plan.total_steps", 3240),),
            ),
            Contribution(
                kind="scale", rule=batch, value=1.41, before=3.99e-3, after=5.63e-3, facts=(("plan.batch_size", 64),)
            ),
            Contribution(
                kind="scale", rule=noise, value=0.92, before=5.63e-3, after=5.18e-3, facts=(("data.noise.level", 0.21),)
            ),
            Contribution(kind="limit", rule=limit, value=5e-3, before=5.18e-3, after=5e-3, facts=(("model.depth", 2),)),
            Contribution(
                kind="measurement",
                rule=probe,
                value=3.1e-3,
                range=Interval(lower=1e-3, upper=1e-2),
                before=5e-3,
                after=4.4e-3,
                facts=(("probe.range_test_usable", True), ("probe.initial_loss", 1.08)),
            ),
        ),
        choices=(
            Choice(setting="optimizer", value="adamw", by="rule", rule=chosen, strength="moderate"),
            Choice(setting="schedule", value="cosine", by="rule", rule=cosine, strength="strong"),
            Choice(setting="warmup_fraction", value=0.05, by="rule", rule=cosine, strength="weak"),
            Choice(setting="batch_size", value=64, by="user"),
            Choice(setting="epochs", value=30.0, by="user"),
            Choice(setting="weight_decay", value=0.01, by="default"),
            Choice(setting="clip_norm", value=1.0, by="rule", rule=cosine, strength="weak"),
        ),
        notes=(
            Note(
                severity="advice",
                text="If you raise the batch size to 256, double the learning rate.",
                rule=batch,
            ),
            Note(
                severity="warning",
                text="Features differ in scale by a factor of 49,000: standardise them in your own code too, or the "
                "advice does not hold.",
                rule=rule(
                    "scale-ratio",
                    "Standardise features that differ in scale",
                    "Steps fit one scale only.",
                    "published",
                    KINGMA,
                ),
            ),
        ),
        undecided=(
            Undecided(
                rule="early-stopping-patience",
                title="Keep the rate when training stops early",
                missing=("plan.early_stopping",),
            ),
            Undecided(
                rule="class-weights", title="Lower the rate under strong augmentation", missing=("plan.augmentation",)
            ),
            Undecided(
                rule="ema-constant",
                title="Skip the decay when weights are averaged",
                missing=("plan.weight_averaging", "plan.early_stopping"),
            ),
        ),
        overridden=(
            Overridden(rule="adam-default", title="Start Adam at 1e-3", by="adamw-mlp-table", reason="overrides"),
            Overridden(rule="batch-default", title="Take 128 samples per batch", by="plan", reason="user"),
        ),
        fired=tuple(f"rule-{index}" for index in range(14)),
        rules=67,
    )


def range_test() -> RangeTest:
    """A clean descent between 1e-4 and 1e-1, then an explosion."""
    generator = np.random.default_rng(0)
    rates = np.geomspace(1e-7, 3.0, 120)
    position = np.log10(rates)
    smooth = 1.08 - 0.55 / (1 + np.exp(-3.2 * (position + 2.6))) + np.exp(4.2 * (position - 0.1))
    raw = smooth * np.exp(generator.normal(0, 0.035, len(rates)))
    return RangeTest(
        learning_rates=tuple(float(value) for value in rates),
        losses=tuple(float(value) for value in raw),
        smoothed=tuple(float(value) for value in smooth),
        estimates=(
            ("minimum", 0.063),
            ("steepest", 2.6e-3),
            ("drop_start", 4.4e-4),
            ("valley", 5.1e-3),
            ("edge", None),
        ),
        suggestion=3.1e-3,
        usable=True,
        diverged=True,
        reason=remark("range_test_agrees", agreeing=4, estimators=4, within=2.6),
    )


def typical_verdict() -> Verdict:
    """Sixteen learning rates, three seeds, two of them diverged, Adam 1e-3 for comparison."""
    generator = np.random.default_rng(1)
    trials = []
    for value in np.geomspace(1e-4, 1e-1, 13):
        center = 0.228 + 0.05 * (math.log10(value) - math.log10(3.0e-3)) ** 2 * (1.8 if value > 3e-3 else 1.0)
        diverged = 2 if value > 0.05 else 0
        losses = [
            None if index < diverged else float(center + generator.normal(0, 0.004) + (0.4 if value > 0.03 else 0))
            for index in range(3)
        ]
        kept = [loss for loss in losses if loss is not None]
        trials.append(
            Trial(
                optimizer="adamw",
                schedule="cosine",
                learning_rate=float(value),
                losses=tuple(losses),
                mean=None if diverged else sum(kept) / len(kept),
                diverged=diverged,
            )
        )
    trials.append(
        Trial(
            optimizer="adam",
            schedule="constant",
            learning_rate=1e-3,
            losses=(0.271, 0.279, 0.268),
            mean=0.2727,
            role="default",
        )
    )
    return Verdict(
        status="adjusted",
        reasons=(remark("rate_adjusted", proposed=4.4e-3, rate=3.2e-3, excess=0.018, rates=13, seeds=3),),
        learning_rate=3.2e-3,
        interval=Interval(lower=1.7e-3, upper=6.1e-3),
        proposed=4.4e-3,
        trials=tuple(trials),
        steps=324,
        full_steps=3240,
        seeds=3,
        budget="standard",
        gradient_samples=871_000,
        cost=0.42,
        path="batched",
        held_out_loss=0.2279,
        constant_loss=1.0,
        default_loss=0.2727,
    )


def minimal() -> Advice:
    """Rules only, nothing known, nothing traced."""
    interval = Interval(lower=1e-4, upper=1e-2)
    return Advice(
        facts=Facts(),
        recommendation=Recommendation(learning_rate=1e-3, interval=interval, optimizer="adam", schedule="constant"),
        verdict=Verdict.of(not_run(1e-3, interval, remark("no_budget"))),
        provenance=Provenance(advisor="0.1.0", ruleset="0.1.0"),
    )


def fixed() -> Advice:
    """The user fixed a learning rate that the rules would not have taken; nothing was trained."""
    found = typical()
    choices = (*found.recommendation.trace.choices, Choice(setting="learning_rate", value=0.3, by="user"))
    trace = found.recommendation.trace.model_copy(update={"choices": choices})
    recommendation = found.recommendation.replaced(
        learning_rate=0.3, trace=trace, schedule="one_cycle", total_steps=None
    )
    verdict = Verdict.of(not_run(0.3, recommendation.interval, remark("no_budget")))
    return found.model_copy(
        update={"recommendation": recommendation, "verdict": verdict, "probe": None, "baseline": None}
    )


def rejected() -> Advice:
    """Everything above the fallback diverged, the default too."""
    found = typical()
    trials = tuple(
        trial.model_copy(update={"losses": (None, None, None), "mean": None, "diverged": 3})
        for trial in found.verdict.trials
    )
    verdict = found.verdict.model_copy(
        update={
            "status": "rejected",
            "reasons": (remark("every_training_diverged", lowest=4.4e-3, fallback=4.4e-4),),
            "learning_rate": 4.4e-4,
            "trials": trials,
            "held_out_loss": None,
            "default_loss": None,
            "constant_loss": None,
            "cost": 3.4,
            "notes": (remark("model_cannot_be_batched", cause="no vmap rule"),),
        }
    )
    test = RangeTest(reason=remark("range_test_short", points=3, needed=20))
    probe = ProbeReport(facts=ProbeFacts(), range_test=test)
    recommendation = found.recommendation.replaced(learning_rate=4.4e-4, schedule="step")
    return found.model_copy(update={"verdict": verdict, "probe": probe, "recommendation": recommendation})


def inconclusive() -> Advice:
    """A flat landscape with two optimizers, losses of either sign, and one huge loss."""
    found = typical()
    trials = []
    for optimizer in ("adamw", "sgd"):
        for index, value in enumerate(np.geomspace(1e-5, 1.0, 9)):
            loss = -0.5 + 0.001 * index if index < 8 else 1e300
            trials.append(
                Trial(
                    optimizer=optimizer,
                    schedule="cosine",
                    learning_rate=float(value),
                    losses=(loss, loss + 0.01),
                    mean=loss + 0.005,
                    stopped_early=index == 8,
                )
            )
    verdict = found.verdict.model_copy(
        update={
            "status": "inconclusive",
            "reasons": (remark("hardly_depends_on_rate", span=3e4, range=0.001, noise=0.02), remark("rules_stand")),
            "trials": tuple(trials),
            "held_out_loss": -0.498,
            "default_loss": -0.497,
            "path": "sequential",
            "budget": 12.5,
        }
    )
    flat = range_test().model_copy(
        update={
            "usable": False,
            "suggestion": None,
            "estimates": (("minimum", None), ("something_new", 1e-3)),
            "reason": remark("range_test_flat", drop=1e-4, start=0.7),
        }
    )
    probe = ProbeReport(range_test=flat)
    return found.model_copy(update={"verdict": verdict, "probe": probe})


def hostile() -> Advice:
    """Names, notes, titles and addresses that try to break out of wherever they are put."""
    found = typical()
    columns = tuple(
        ColumnFacts(
            name=name, kind="numeric", mean=0.0, std=10.0**index, min=-1.0, max=1.0, note=name, top=((name, 3),)
        )
        for index, name in enumerate(HOSTILE)
    )
    data = found.facts.data.model_copy(
        update={"columns": columns, "target_name": HOSTILE[0], "name": HOSTILE[0], "notes": HOSTILE}
    )
    model = found.facts.model.model_copy(
        update={"name": HOSTILE[1], "layers": ((HOSTILE[0], HOSTILE[4], 3),), "notes": HOSTILE}
    )
    evil = RuleUse(
        id=HOSTILE[1],
        title=HOSTILE[0],
        because=HOSTILE[3],
        grade="judgement",
        sources=(
            Citation(key="x", title=HOSTILE[0], url="javascript:alert(5)", at=HOSTILE[2], says=HOSTILE[4]),
            Citation(key="y", title=HOSTILE[7], url='https://example.org/" onmouseover="alert(6)', at="x", says="y"),
            Citation(key="z", title="data", url="data:text/html,<script>alert(7)</script>", at="x", says="y"),
        ),
    )
    trace = found.recommendation.trace
    trace = trace.model_copy(
        update={
            "contributions": tuple(
                item.model_copy(
                    update={"rule": evil, "facts": ((HOSTILE[0], HOSTILE[1]), ("data.target_name", HOSTILE[4]))}
                )
                for item in trace.contributions
            ),
            "notes": tuple(Note(severity="warning", text=text, rule=evil) for text in HOSTILE),
            "undecided": tuple(Undecided(rule=text, title=text, missing=(text,)) for text in HOSTILE),
            "overridden": tuple(Overridden(rule=text, title=text, by=text, reason="strength") for text in HOSTILE),
            "choices": (Choice(setting=HOSTILE[0], value=HOSTILE[1], by="rule", rule=evil),),
        }
    )
    return found.model_copy(
        update={
            "facts": found.facts.model_copy(update={"data": data, "model": model}),
            "recommendation": found.recommendation.replaced(trace=trace),
            "verdict": found.verdict.model_copy(
                update={
                    "reasons": (remark("recorded", text=HOSTILE[0]),),
                    "notes": tuple(remark("model_cannot_be_batched", cause=text) for text in HOSTILE),
                }
            ),
            "provenance": found.provenance.model_copy(
                update={"source": HOSTILE[0], "model": HOSTILE[1], "overlays": HOSTILE}
            ),
        }
    )


def wide() -> Advice:
    """A table of sixty columns, of every kind of chart."""
    found = typical()
    facts = found.facts.data
    names = [f"sensor_{index:02d}" for index in range(52)]
    columns = tuple(
        facts.columns[0].model_copy(update={"name": name, "std": 1.2**index}) for index, name in enumerate(names)
    )
    pairs = tuple(
        CorrelatedPair(first=first, second=second, correlation=0.9 - 0.05 * index)
        for index, (first, second) in enumerate(pairwise(names[:14]))
    )
    data = facts.model_copy(
        update={
            "columns": (*columns, *facts.columns[-4:]),
            "features": 60,
            "correlation": CorrelationFacts(
                pairs=pairs, with_target=facts.correlation.with_target, spectrum=tuple(1.1**-n for n in range(52))
            ),
            "missing_patterns": tuple(
                MissingPattern(columns=tuple(names[: index + 1]), share=0.1 - 0.01 * index) for index in range(7)
            ),
        }
    )
    return found.model_copy(update={"facts": found.facts.model_copy(update={"data": data})})


def huge() -> Advice:
    """Five hundred columns and numbers at the edges of what floats hold."""
    found = typical()
    columns = tuple(
        ColumnFacts(
            name=f"sensor_{index:03d}",
            kind="numeric",
            mean=(-1.0) ** index * 10.0 ** (index % 300),
            std=10.0 ** (index % 40 - 20),
        )
        for index in range(500)
    )
    data = found.facts.data.model_copy(update={"columns": columns, "features": 500, "rows": 10**12})
    model = found.facts.model.model_copy(update={"parameters": 7e11, "family": "language_model", "name": None})
    recommendation = found.recommendation.replaced(
        learning_rate=1e-12,
        interval=Interval(lower=1e-300, upper=1e300),
        total_steps=2_000_000_000,
        schedule="warmup_stable_decay",
    )
    return found.model_copy(
        update={
            "facts": found.facts.model_copy(update={"data": data, "model": model}),
            "recommendation": recommendation,
            "verdict": found.verdict.model_copy(update={"cost": math.inf, "default_loss": 1e-300}),
        }
    )


CASES = {case.__name__: case for case in (typical, minimal, fixed, rejected, inconclusive, hostile, huge, wide)}
