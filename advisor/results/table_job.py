"""What a program needs, beside facts and recommendation, to train on the same table the model that was checked."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from advisor.results.trace import Result

TableFormat = Literal[
    "text",
    "workbook",
    "arff",
    "json",
    "parquet",
    "arrow",
    "arrow_stream",
    "orc",
    "sqlite",
    "duckdb",
    "npy",
    "npz",
    "frame",
    "written",
]
"""``workbook`` and ``arff`` are read as text is; ``written``: rewritten to be read, as no program repeats it."""
ModelKind = Literal["linear", "mlp", "resnet-tabular", "own"]
CheckedLoss = Literal["mse", "cross_entropy", "own"]


class TextReading(Result):
    """How the lines of a file of text were split."""

    encoding: str = Field(default="utf-8", description="for Python's codecs")
    delimiter: str = Field(
        description='of four bytes at most; " " stands for blanks in a row; "" for columns cut at bounds'
    )
    bounds: tuple[tuple[int, int], ...] = Field(default=(), description="of aligned columns, in letters")
    quote: str = Field(default='"', description="one character, or nothing")
    escape: str = Field(default="", description="what a quote within quotes is written with")
    skip: int = Field(default=0, ge=0, description="lines before the first row, that with the names included")
    has_names: bool = Field(default=True, description="the last of these lines holds the names as they are used")
    uneven: bool = Field(
        default=False, description="some lines end with separators too many, or have blanks before a quote"
    )
    sums: tuple[str, tuple[str, ...]] | None = Field(
        default=None, description="column and words that mark rows of sums"
    )


class FileReading(Result):
    """Where in its files a table lies."""

    part: str | None = Field(default=None, description="the sheet or table of several")
    arrays: tuple[str, ...] = Field(default=(), description="those that are columns of the table, in order")
    member: str | None = Field(default=None, description="the file of an archive of several")
    packing: Literal["none", "gzip", "xz", "bzip2", "zip"] = Field(default="none", description="of a file of no text")
    keys: tuple[str, ...] = Field(default=(), description="columns that come from the names of folders")


class ColumnReading(Result):
    """How the cells of one column were read."""

    name: str
    storage: Literal["number", "date", "boolean", "text"]
    missing: tuple[str, ...] = Field(
        default=(), description="words that stand for a missing value; none: the cells have types, and none is a word"
    )
    decimal: str = Field(default=".", description="decimal sign of numbers")
    thousands: str | None = Field(default=None, description="sign between groups of three digits")
    decorated: bool = Field(default=False, description="numbers stand beside currencies, units or parentheses")
    date_format: str | None = Field(default=None, description="of dates; None: ISO 8601")
    rewritten: tuple[tuple[str, str], ...] = Field(
        default=(), description="regular expressions and what replaces them in a cell before it is read"
    )
    in_seconds: bool = Field(
        default=False, description="durations, rewritten as days, hours, minutes and seconds with colons between them"
    )
    in_degrees: bool = Field(
        default=False, description="angles, rewritten as a sign, degrees, minutes and seconds with colons between them"
    )
    clock: bool = Field(default=False, description="times without a day")
    counted: tuple[float, float] | None = Field(
        default=None, description="of moments that are counted: how many a day has, and days from the first one to 1970"
    )


class ModelRecipe(Result):
    """The model that was checked, so that it can be built without advisor."""

    kind: ModelKind
    widths: tuple[int, ...] = Field(default=(), description="of the hidden layers; of a residual net, one")
    blocks: int = Field(default=0, ge=0, description="of a residual net")
    activation: Literal["relu", "tanh", "logistic", "identity"] = "relu"
    initialization: Literal["zero", "he", "glorot"] = Field(
        default="he", description="he: He's rule with output layers at a tenth; glorot: as scikit-learn's networks"
    )


class TableJob(Result):
    """A table and a model as they were when the recommendation was checked."""

    format: TableFormat
    text: TextReading | None = Field(default=None, description="of a file of text, a workbook or ARFF")
    file: FileReading = FileReading()
    columns: tuple[ColumnReading, ...] = ()
    inputs: int = Field(ge=1, description="numbers per row after encoding")
    model: ModelRecipe
    loss: CheckedLoss
