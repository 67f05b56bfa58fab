"""Which facts a job can have at all: a table has no tokens, a regression no label noise, a new run no symptoms."""

from __future__ import annotations

from collections.abc import Callable, Collection
from fnmatch import fnmatchcase
from typing import Final

from advisor.catalogue.optimizers import OPTIMIZER_INFO
from advisor.facts.names import Family, Modality, Task
from advisor.facts.sheet import Facts

_CLASSIFICATIONS: Final[frozenset[Task]] = frozenset({"binary", "multiclass", "multilabel"})
_ON_TABLES: Final[frozenset[Task]] = frozenset({"binary", "multiclass", "multilabel", "regression"})
_ON_TOKENS: Final[frozenset[Modality]] = frozenset({"text", "multimodal", "other"})
_IN_STEPS: Final[frozenset[Modality]] = frozenset({"text", "sequence", "audio", "multimodal", "other"})
_AUGMENTED: Final[frozenset[Modality]] = frozenset({"image", "text", "audio", "multimodal", "other"})
_TOKEN_FAMILIES: Final[frozenset[Family]] = frozenset({"word_vectors", "rnn", "transformer", "language_model", "other"})
_CONVEX_FAMILIES: Final[frozenset[Family]] = frozenset({"linear", "logistic"})
_PLAIN_FAMILIES: Final[frozenset[Family]] = frozenset({"linear", "logistic", "mlp", "factorization_machine"})


def _may_be(value: object, wanted: Collection[object]) -> bool:
    return value is None or value in wanted


def _is_classification(facts: Facts) -> bool:
    return _may_be(facts.data.task, _CLASSIFICATIONS)


def _is_regression(facts: Facts) -> bool:
    return _may_be(facts.data.task, {"regression", "forecasting"})


def _is_table(facts: Facts) -> bool:
    return _may_be(facts.data.modality, {"tabular", "other"}) and _may_be(facts.data.task, _ON_TABLES | {"forecasting"})


def _has_tokens(facts: Facts) -> bool:
    return _may_be(facts.data.modality, _ON_TOKENS) and _may_be(facts.model.family, _TOKEN_FAMILIES)


def _has_steps(facts: Facts) -> bool:
    return _may_be(facts.data.modality, _IN_STEPS)


def _is_more_than_plain(facts: Facts) -> bool:
    return facts.model.family not in _PLAIN_FAMILIES


def _has_attention(facts: Facts) -> bool:
    return facts.model.attention is not False and _is_more_than_plain(facts)


def _may_have_a_range_test(facts: Facts) -> bool:
    """Whether a range test was run; on data that are at hand advisor runs it, and nobody is asked for it."""
    return facts.data.modality is None or facts.probe.range_test_lr is not None


def _is_adam(facts: Facts) -> bool:
    return facts.plan.optimizer is None or OPTIMIZER_INFO[facts.plan.optimizer].adam_family


_ONLY_IN: Final[tuple[tuple[str, Callable[[Facts], bool]], ...]] = (
    ("history.*", lambda facts: any(value is not None for _, value in facts.history)),
    ("probe.range_test_usable", _may_have_a_range_test),
    ("probe.range_test_spread", _may_have_a_range_test),
    ("probe.*", lambda facts: all(value is None for _, value in facts.probe)),
    ("data.noise.unexplained", _is_regression),
    ("data.noise.label_flips", _is_classification),
    ("data.noise.*", lambda facts: facts.data.task in _ON_TABLES | {None, "forecasting"}),
    ("data.target.classes", _is_classification),
    ("data.target.minority_share", _is_classification),
    ("data.target.imbalance", _is_classification),
    ("data.target.entropy", lambda facts: _is_classification(facts) or _is_regression(facts)),
    ("data.target.*", _is_regression),
    ("data.vocabulary", _has_tokens),
    ("data.sequence_length", _has_steps),
    *(
        (path, _is_table)
        for path in (
            *("data.scale.*", "data.shape.*", "data.conditioning.*", "data.features", "data.encoded_features"),
            *("data.numeric", "data.categorical", "data.max_cardinality", "data.missing", "data.max_missing"),
            *("data.sparsity", "data.constant_columns", "data.dropped"),
        )
    ),
    ("plan.tokens", _has_tokens),
    ("plan.batch_tokens", _has_tokens),
    ("plan.augmentation", lambda facts: _may_be(facts.data.modality, _AUGMENTED)),
    ("plan.class_weights_normalized", _is_classification),
    ("plan.layerwise_decay", lambda facts: facts.model.pretrained is not False and _is_more_than_plain(facts)),
    ("model.pretrained", lambda facts: facts.data.modality != "tabular" and facts.model.family not in _CONVEX_FAMILIES),
    ("plan.reference_batch_size", lambda facts: facts.plan.reference_learning_rate is not None),
    ("plan.batch_ratio", lambda facts: facts.plan.reference_learning_rate is not None),
    ("plan.momentum", lambda facts: _may_be(facts.plan.optimizer, {"sgd", "rmsprop", "lars", "muon"})),
    ("plan.nesterov", lambda facts: _may_be(facts.plan.optimizer, {"sgd", "muon"})),
    ("plan.beta1", _is_adam),
    ("plan.beta2", _is_adam),
    ("plan.epsilon", _is_adam),
    ("model.heads", _has_attention),
    ("model.qk_norm", _has_attention),
    ("model.experts", _is_more_than_plain),
    ("model.adapter", lambda facts: facts.model.pretrained is not False and _is_more_than_plain(facts)),
    ("model.adapter_rank", lambda facts: facts.model.adapter not in {None, "none"}),
    ("model.pretrained_learning_rate", lambda facts: facts.model.pretrained is True),
    ("model.norm_position", lambda facts: facts.model.normalization != "none"),
    ("model.label_smoothing", lambda facts: facts.data.task not in {"regression", "forecasting"}),
)
"""Facts by path or pattern, with what has to hold for a job to have them; the first line that fits a path decides."""


def can_have(path: str, facts: Facts) -> bool:
    """Return whether a job with these facts can have the fact ``path``; what is unknown rules nothing out.

    >>> from advisor.facts import DataFacts
    >>> table = Facts(data=DataFacts(modality="tabular", task="regression"))
    >>> can_have("plan.tokens", table), can_have("data.noise.label_flips", table), can_have("plan.epochs", table)
    (False, False, True)
    """
    return next((holds(facts) for pattern, holds in _ONLY_IN if fnmatchcase(path, pattern)), True)
