"""What profiling learns about the training data."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from advisor.facts.leaf import FactSheet, fact, group
from advisor.facts.names import Modality, Task, TimeOrder

TARGET_GUESSED = "Target guessed"
"""How the note begins that says why a column was taken for the target."""
TARGET_TOLD = "This column alone tells the target"
"""How the remark on a feature begins that gives the target away."""
CODE_FOR_MISSING = "looks like a code for missing"
"""What the remark says on a number that may stand for a missing value."""
NUMBERS_AS_CODES = "whole numbers look like codes"
"""What the remark says on whole numbers that may name categories."""

ColumnKind = Literal["numeric", "integer", "boolean", "categorical", "text", "date", "identifier", "constant", "empty"]
ColumnRole = Literal["feature", "target", "dropped"]


class ColumnFacts(FactSheet):
    """One column of a table; numbers describe the values as they stand in the file."""

    name: str = Field(description="column name as in the file")
    kind: ColumnKind = Field(description="what the values are")
    role: ColumnRole = Field(default="feature", description="how the column is used")
    note: str | None = fact("what was done with the column and why, in a sentence")
    missing: float | None = fact("share of missing values", "share", ge=0, le=1)
    infinite: float | None = fact("share of infinite values", "share", ge=0, le=1)
    distinct: int | None = fact("different values", "values", ge=0)
    distinct_estimated: bool | None = fact("the different values were estimated, to 1.6 % (one standard deviation)")
    mean: float | None = fact("mean")
    std: float | None = fact("standard deviation", "", ge=0)
    min: float | None = fact("smallest value")
    max: float | None = fact("largest value")
    median: float | None = fact("median")
    q25: float | None = fact("lower quartile")
    q75: float | None = fact("upper quartile")
    skew: float | None = fact("skewness")
    kurtosis: float | None = fact("excess kurtosis")
    zeros: float | None = fact("share of zeros", "share", ge=0, le=1)
    outliers: float | None = fact(
        "share of values beyond three interquartile ranges from the quartiles", "share", ge=0, le=1
    )
    top: tuple[tuple[str, int], ...] = Field(
        default=(), description="most frequent values with their counts, at most ten"
    )


class ScaleFacts(FactSheet):
    """How large the numeric features are, before any scaling, and against each other."""

    ratio: float | None = fact("largest standard deviation of a feature over the smallest", "ratio", ge=1)
    max_abs: float | None = fact("largest absolute value of any numeric feature", "", ge=0)
    rms: float | None = fact("root mean square over all numeric features as the model will see them", "", ge=0)
    offset_ratio: float | None = fact("largest |mean| over standard deviation of a feature", "ratio", ge=0)
    standardized: bool | None = fact("features reach the model with zero mean and unit variance")


class ShapeFacts(FactSheet):
    """Tails and outliers of the numeric features."""

    max_skew: float | None = fact("largest absolute skewness of a feature", "", ge=0)
    max_kurtosis: float | None = fact("largest excess kurtosis of a feature")
    max_z: float | None = fact("largest distance of a value from its feature's mean", "standard deviations", ge=0)
    outlier_share: float | None = fact("largest share of outliers in a feature", "share", ge=0, le=1)


class ConditioningFacts(FactSheet):
    """Eigenvalues of the Gram matrix X'X/n of the features *as the model sees them* (after scaling when scaled)."""

    largest: float | None = fact(
        "largest eigenvalue λ₁: L of half the mean squared error; a quarter of it bounds logistic loss", "", ge=0
    )
    smallest: float | None = fact("smallest eigenvalue above numerical rank", "", ge=0)
    trace: float | None = fact("sum of the eigenvalues: the mean squared norm of a row", "", ge=0)
    condition: float | None = fact("largest over smallest eigenvalue κ", "ratio", ge=1)
    raw_largest: float | None = fact("largest eigenvalue of X'X/n of the features as they stand in the file", "", ge=0)
    raw_trace: float | None = fact("mean squared norm of a row as it stands in the file", "", ge=0)
    max_correlation: float | None = fact("largest absolute correlation between two features", "", ge=0, le=1)


class CorrelatedPair(FactSheet):
    """Two columns of numbers that move together."""

    first: str = Field(description="the column that stands further left")
    second: str = Field(description="the other one")
    correlation: float = Field(
        description="Pearson's correlation, missing values counted as their column's mean", ge=-1, le=1
    )


class CorrelationFacts(FactSheet):
    """How the numeric columns of a table move together (not named by rules)."""

    pairs: tuple[CorrelatedPair, ...] = Field(
        default=(), description="most correlated pairs of features, strongest first, at most ten"
    )
    with_target: tuple[CorrelatedPair, ...] = Field(
        default=(), description="features most correlated with a numeric target, strongest first, at most ten"
    )
    spectrum: tuple[float, ...] = Field(
        default=(),
        description="eigenvalues of the correlation matrix of the numeric features, largest first; they add up to the "
        "number of these features",
    )


class MissingPattern(FactSheet):
    """Columns whose values are missing from the same rows."""

    columns: tuple[str, ...] = Field(description="columns without a value, in the table's order; none: complete rows")
    share: float = Field(description="share of the rows in which exactly these are missing", ge=0, le=1)


class TargetFacts(FactSheet):
    """The column to predict."""

    classes: int | None = fact("different labels", "classes", ge=1)
    minority_share: float | None = fact("share of the rarest class", "share", ge=0, le=1)
    imbalance: float | None = fact("rows of the largest class over rows of the smallest", "ratio", ge=1)
    mean: float | None = fact("mean of the target as the model sees it")
    std: float | None = fact("standard deviation of the target as the model sees it", "", ge=0)
    offset_ratio: float | None = fact(
        "|mean| over standard deviation of the target as the model sees it", "ratio", ge=0
    )
    skew: float | None = fact("skewness of the target")
    max_z: float | None = fact("largest distance of a target value from the mean", "standard deviations", ge=0)
    standardized: bool | None = fact("the target reaches the model with zero mean and unit variance")
    entropy: float | None = fact(
        "loss of the best constant prediction (nats, or variance of the target as the model sees it)", "loss", ge=0
    )


class NoiseFacts(FactSheet):
    """What no model can explain, with a 90 % interval."""

    unexplained: float | None = fact(
        "regression: share of the target's variance that no model can explain", "share", ge=0, le=1
    )
    label_flips: float | None = fact("classification: share of labels that were changed at random", "share", ge=0, le=1)
    level: float | None = fact("whichever of the two applies", "share", ge=0, le=1)
    lower: float | None = fact("lower end of the 90 % interval of the level", "share", ge=0, le=1)
    upper: float | None = fact("upper end of the 90 % interval of the level", "share", ge=0, le=1)
    method: str | None = fact("how the level was estimated")


class DataFacts(FactSheet):
    """What is known about the training data; tables fill all of it, loaders and hand-set facts some."""

    name: str | None = fact("file name or description, without a path")
    modality: Modality | None = fact("what a sample is")
    task: Task | None = fact("what is predicted")
    rows: int | None = fact("training samples", "rows", ge=1)
    features: int | None = fact("feature columns used", "columns", ge=0)
    encoded_features: int | None = fact("inputs the model sees after one-hot encoding", "inputs", ge=0)
    numeric: int | None = fact("numeric feature columns", "columns", ge=0)
    categorical: int | None = fact("categorical feature columns", "columns", ge=0)
    dropped: int | None = fact("columns left out (constant, empty, identifiers, free text)", "columns", ge=0)
    max_cardinality: int | None = fact("most distinct values in a categorical feature", "values", ge=0)
    missing: float | None = fact("share of missing cells among the features", "share", ge=0, le=1)
    max_missing: float | None = fact("largest share of missing values in a feature", "share", ge=0, le=1)
    nonfinite: float | None = fact(
        "share of infinite cells among the features that reach the model", "share", ge=0, le=1
    )
    constant_columns: int | None = fact("columns with a single value", "columns", ge=0)
    duplicates: float | None = fact("share of rows that repeat an earlier row", "share", ge=0, le=1)
    sparsity: float | None = fact("share of zeros among the encoded features", "share", ge=0, le=1)
    sequence_length: int | None = fact("steps or tokens per sample", "steps", ge=1)
    vocabulary: int | None = fact("different tokens", "tokens", ge=1)
    streaming: bool | None = fact("data arrive online or drift")
    time_order: TimeOrder | None = fact(
        "the rows are in the order of time, the earliest first (ascending) or last (descending); trials then hold out "
        "the latest (not named by rules)"
    )
    target_name: str | None = fact("name of the target column")
    scale: ScaleFacts = group(ScaleFacts, "feature scale")
    shape: ShapeFacts = group(ShapeFacts, "tails and outliers")
    conditioning: ConditioningFacts = group(ConditioningFacts, "curvature of the linear problem")
    correlation: CorrelationFacts = group(CorrelationFacts, "correlations of the numeric columns")
    target: TargetFacts = group(TargetFacts, "target")
    noise: NoiseFacts = group(NoiseFacts, "noise")
    columns: tuple[ColumnFacts, ...] = Field(default=(), description="every column of the table (not named by rules)")
    missing_patterns: tuple[MissingPattern, ...] = Field(
        default=(),
        description="columns missing together, most frequent first, at most ten; empty when nothing is missing "
        "(not named by rules)",
    )
    reading: tuple[str, ...] = Field(
        default=(),
        description="how a file was read: encoding, separators, lines left out, in sentences (not named by rules)",
    )
    notes: tuple[str, ...] = Field(
        default=(), description="what was guessed, repaired or dropped, in sentences (not named by rules)"
    )
