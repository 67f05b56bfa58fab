"""The job that was checked as a program: reading, encoding, model and training of a table, without advisor."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import Any, Literal

from advisor.catalogue.optimizers import OPTIMIZER_INFO
from advisor.catalogue.schedules import SCHEDULE_INFO
from advisor.errors import PlanError
from advisor.facts import ColumnFacts
from advisor.numerals import number, rate
from advisor.recipe.code_frameworks import huggingface_parts, keras_parts, lightning_parts
from advisor.recipe.code_parts import optimizer_code, recipe_code
from advisor.recipe.sklearn_params import network_params
from advisor.recipe.templates import literal, program
from advisor.results import Advice, ColumnReading, TableFormat, TableJob, TextReading

Framework = Literal["torch", "lightning", "huggingface", "keras", "sklearn"]
PROGRAM_NAME = "train.py"
YES_WORDS = ["true", "yes", "t", "y", "ja", "oui", "si", "sí", "예", "참", "1", "1.0", "on"]
NO_WORDS = ["false", "no", "f", "n", "nein", "non", "아니오", "거짓", "0", "0.0", "off"]
PATIENCE_SHARE = 0.1
"""Share of the passes without improvement after which a run stops. Judgement: a tenth rides out noise."""


_PACKAGES: dict[Framework, tuple[str, ...]] = {
    "torch": ("torch",),
    "lightning": ("lightning",),
    "huggingface": ("transformers[torch]",),
    "keras": ("keras", "torch"),
    "sklearn": (),
}


_READERS: dict[TableFormat, tuple[str, ...]] = {
    "workbook": ("python-calamine",),
    "parquet": ("pyarrow",),
    "arrow": ("pyarrow",),
    "arrow_stream": ("pyarrow",),
    "orc": ("pyarrow",),
    "duckdb": ("duckdb",),
    "frame": ("pyarrow",),
}
"""Packages that read a format, beside pandas."""
_UNPACKED: dict[str, str] = {
    "gzip": "gzip.open(path)",
    "xz": "lzma.open(path)",
    "bzip2": "bz2.open(path)",
    "zip": "ZipFile(path).open(ZipFile(path).namelist()[0])",
}
"""Calls that open a packed file."""


def table_program(
    advice: Advice, job: TableJob, framework: Framework = "torch", *, data: str | None = None, file: str = PROGRAM_NAME
) -> str:
    """Return the program that trains what was checked on a table.

    Args:
        advice: with facts of the table.
        job: how it was read, and the model.
        framework: to train with.
        data: path of the table; None: its name.
        file: name that the program will have.

    Raises:
        PlanError: the framework has no such optimizer, schedule or model.
    """
    facts, rec = advice.facts.data, advice.recommendation
    used = [column for column in facts.columns if column.role == "feature"]
    names = {column.name for column in used} | {str(facts.target_name)}
    readings = [column for column in job.columns if column.name in names]
    kinds = _names_by_kind(used)
    path = data or advice.provenance.source
    if job.format == "written":
        raise PlanError(
            f"no program can read {PurePath(path).name} as it was understood here; unpack it where it is packed, or "
            "save the table as one CSV or Parquet file, and profile that with --code"
        )
    values: dict[str, Any] = {
        "file": file,
        "data": path if job.format != "frame" else "data.parquet",
        "data_name": "standard input" if path == "-" else PurePath(path).name,
        "data_command": " < data.csv" if path == "-" else "",
        "data_note": '  # your frame: frame.to_parquet("data.parquet")' if job.format == "frame" else "",
        "new_name": f"new{PurePath(path).suffix if path != '-' and PurePath(path).suffix else '.csv'}",
        "many": any(sign in path for sign in "*?[") or Path(path).is_dir() or bool(job.file.keys),
        "keys": list(job.file.keys),
        "needs": _needs(advice, job, framework),
        "made_by": _made_by(advice),
        "checked": _checked(advice),
        "expected": _expected(advice),
        "seed": advice.provenance.seed,
        "target": facts.target_name,
        "regression": facts.task == "regression",
        "time_order": facts.time_order,
        "classes": facts.target.classes,
        "left_out": [
            f"Left out: {column.name} ({column.kind})" for column in facts.columns if column.role == "dropped"
        ],
        "model": job.model,
        "model_name": advice.provenance.model,
        "batch_size": rec.batch_size,
        "clip_norm": rec.clip_norm,
        "early_stopping": bool(advice.facts.plan.early_stopping),
        "patience": _patience(advice),
        **_training_values(advice, job, framework),
        **kinds,
        "all_columns": " + ".join(name.upper() for name, found in kinds.items() if found),
        **_reading_values(job, readings, kinds, str(facts.target_name)),
    }
    return program(f"table_{framework}", **values)


def _training_values(advice: Advice, job: TableJob, framework: Framework) -> dict[str, Any]:
    """Return what the part of the program that trains is written with."""
    rec = advice.recommendation
    match framework:
        case "torch":
            return {"recipe": recipe_code(rec)}
        case "lightning":
            return lightning_parts(rec)
        case "huggingface":
            return huggingface_parts(rec, batch_size=rec.batch_size or 1)
        case "keras":
            return keras_parts(rec)
        case "sklearn":
            return _estimator_values(advice, job)


def _estimator_values(advice: Advice, job: TableJob) -> dict[str, Any]:
    kind = "MLPRegressor" if advice.facts.data.task == "regression" else "MLPClassifier"
    if job.model.initialization != "glorot":
        raise PlanError(
            f"the model that was checked is none of scikit-learn's, which start from other weights; write "
            f"advisor.advise({kind}(...), data), whose rate holds for {kind}"
        )
    rec, rows = advice.recommendation, advice.facts.data.rows
    found = network_params(rec, kind)
    if "max_iter" not in found and rec.total_steps and rec.batch_size and rows:
        found["max_iter"] = math.ceil((rec.stop_steps or rec.total_steps) * rec.batch_size / rows)
    stopping: dict[str, Any] = {"n_iter_no_change": found["max_iter"], "tol": 0.0}  # all passes are made
    if advice.facts.plan.early_stopping:
        stopping = {"early_stopping": True, "n_iter_no_change": _patience(advice)}
    network = {"hidden_layer_sizes": job.model.widths, "activation": job.model.activation}
    return {"estimator": kind, "parameters": network | found | stopping}


def _patience(advice: Advice) -> int:
    return max(5, round(PATIENCE_SHARE * (advice.recommendation.epochs or 50)))


def _names_by_kind(columns: Sequence[ColumnFacts]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {"numbers": [], "flags": [], "levels": [], "dates": []}
    for column in columns:
        match column.kind:
            case "numeric" | "integer":
                found["numbers"].append(column.name)
            case "boolean":
                found["flags"].append(column.name)
            case "categorical":
                found["levels"].append(column.name)
            case "date":
                found["dates"].append(column.name)
            case _:
                pass
    return found


def _reading_values(
    job: TableJob, readings: Sequence[ColumnReading], kinds: dict[str, list[str]], target: str
) -> dict[str, Any]:
    """Return what the function ``read`` of the program is written with."""

    def of_storage(storage: str) -> list[str]:
        return [column.name for column in readings if column.storage == storage]

    text = job.text is not None
    words = [] if text else [column.name for column in readings if column.missing]
    numeric = of_storage("number")
    dates = [column for column in readings if column.storage == "date" and column.counted is None]
    flags = of_storage("boolean")
    written = {
        column.name: (column.decimal, column.thousands or "")
        for column in readings
        if column.storage == "number" and (column.decorated or column.decimal != "." or column.thousands)
    }
    typed = [] if text else [name for name in of_storage("text") if name not in words]
    common, own = _missing_words([column for column in readings if text or column.missing])
    return {
        "format": job.format,
        "read_file": _reader(job),
        "sums": job.text.sums if job.text else None,
        "has_text": text,
        "words": words,
        "missing": common,
        "own_missing": own,
        "rewritten": {column.name: list(column.rewritten) for column in readings if column.rewritten},
        "durations": [column.name for column in readings if column.in_seconds],
        "angles": [column.name for column in readings if column.in_degrees],
        "number_names": _listed(numeric, kinds, target),
        "number_flags": _listed([name for name in numeric if name in kinds["flags"]], kinds, target),
        "decorated": written,
        "number_cell": "table[name]",
        "words_for_flags": [name for name in flags if name != target],
        "flag_target": target in flags,
        "whole_target": target in numeric,
        "yes_words": YES_WORDS,
        "no_words": NO_WORDS,
        "dates_read": literal({column.name: _date_pattern(column) for column in dates}, 36) if dates else "",
        "clocks": literal([column.name for column in dates if column.clock]) if any(d.clock for d in dates) else "",
        "counted": {column.name: list(column.counted) for column in readings if column.counted is not None},
        "words_typed": literal(typed, 40) if typed else "",
        **_file_values(job),
    }


def _listed(names: Sequence[str], kinds: dict[str, list[str]], target: str) -> str:
    """Return a list of names as the program writes it, by the constants that it has for them; empty without any."""
    whole = [kind for kind, listed in kinds.items() if listed and set(listed) <= set(names)]
    rest = [name for name in names if not any(name in kinds[kind] for kind in whole)]
    if len(whole) == 1 and not rest:
        return whole[0].upper()
    if not whole:
        return literal(list(names), 40) if names else ""
    parts = [f"*{kind.upper()}" for kind in whole]
    return f"[{', '.join([*parts, *('TARGET' if name == target else literal(name) for name in rest)])}]"


def _date_pattern(column: ColumnReading) -> str:
    if column.date_format is None:
        return "ISO8601"
    return f"%Y-%m-%d {column.date_format}" if column.clock else column.date_format


def _missing_words(readings: Sequence[ColumnReading]) -> tuple[list[str], dict[str, list[str]]]:
    """Return the words for missing values that most columns share, and the lists of columns that have others."""
    lists = [column.missing for column in readings]
    if not lists:
        return [], {}
    common = max(lists, key=lists.count)
    return list(common), {column.name: list(column.missing) for column in readings if column.missing != common}


def _file_values(job: TableJob) -> dict[str, Any]:
    """Return what the functions of the program that open a file are written with."""
    file = job.file
    unpacked = "ZipFile(path).open(MEMBER)" if file.member else _UNPACKED.get(file.packing, "")
    modules = {
        "workbook": ("csv", "io"),
        "arff": ("csv", "io", "re"),
        "json": ("json", "re"),
        "sqlite": ("sqlite3",),
    }.get(job.format, ())
    packing = {"gzip": "gzip", "xz": "lzma", "bzip2": "bz2"}.get(file.packing)
    return {
        "part": file.part,
        "member": file.member,
        "arrays": list(file.arrays),
        "columns_by_name": list(file.arrays) == [column.name for column in job.columns],
        "array_names": [column.name for column in job.columns],
        "records": not file.arrays[1:] and [column.name for column in job.columns][:1] != ["x0"],
        "unpacked": unpacked,
        "packed_suffix": {"gzip": ".gz", "xz": ".xz", "bzip2": ".bz2"}.get(file.packing, ""),
        "modules": sorted({*modules, *([packing] if packing else [])}),
        "encoding": _encoding_of(job),
        "zipped": file.member is not None or file.packing == "zip",
    }


def _encoding_of(job: TableJob) -> str:
    """Return the encoding of a text that the program decodes itself; a mark at its start is no letter."""
    encoding = job.text.encoding if job.text is not None else "utf-8"
    return "utf-8-sig" if encoding == "utf-8" else encoding


def _reader(job: TableJob) -> str:
    """Return the expression that reads one file, every cell of a text as it stands."""
    opened = "opened(path)" if job.file.member or job.file.packing != "none" else "path"
    match job.format:
        case "text" if job.text is not None:
            return _text_reader(job, job.text, opened)
        case "workbook" | "arff" if job.text is not None:
            return _text_reader(job, job.text, "as_text(path)")
        case "json":
            return "pd.DataFrame(rows_of(path))"
        case "arrow":
            return f"pd.read_feather({opened})"
        case "arrow_stream":
            return f"pa.ipc.open_stream({opened}).read_pandas()"
        case "orc":
            return "pd.read_orc(path)"
        case "sqlite":
            return f"pd.read_sql_query({literal(f'select * from {_quoted(job)}')}, sqlite3.connect(path))"  # noqa: S608 - the name is quoted
        case "duckdb":
            return f"duckdb.connect(path, read_only=True).sql({literal(f'from {_quoted(job)}')}).df()"
        case "npy" | "npz":
            return "table_of_arrays(path)"
        case _:
            return f"pd.read_parquet({opened})"


def _quoted(job: TableJob) -> str:
    """Return the name of a table of a database for SQL, a schema before it apart."""
    names = (job.file.part or "").split(".", 1) if job.format == "duckdb" else [job.file.part or ""]
    return ".".join('"{}"'.format(name.replace('"', '""')) for name in names)


def _text_reader(job: TableJob, text: TextReading, source: str) -> str:
    names = [column.name for column in job.columns if column.name not in job.file.keys]
    settings = ["dtype=str", "keep_default_na=False"]
    if not text.has_names:
        settings += ["header=None", f"names={literal(names, 20)}"]
    above = text.skip - 1 if text.has_names else text.skip
    if above > 0:
        settings.append(f"skiprows={above}")
    if job.format == "text" and text.encoding not in {"utf-8", "utf-8-sig"}:
        settings.append(f"encoding={literal(text.encoding)}")
    if text.bounds:
        return f"pd.read_fwf({source}, colspecs={[list(bound) for bound in text.bounds]}, {', '.join(settings)})"
    if text.delimiter == " ":
        settings.append(r'sep=r"\s+"')
    elif len(text.delimiter) > 1 or not text.delimiter.isascii():
        settings += [f"sep={literal(re.escape(text.delimiter))}", 'engine="python"']
    elif text.delimiter != ",":
        settings.append(f"sep={literal(text.delimiter)}")
    if not text.quote:
        settings.append("quoting=3")
    elif text.quote != '"':
        settings.append(f"quotechar={literal(text.quote)}")
    if text.quote and text.escape not in {"", text.quote}:
        settings.append(f"escapechar={literal(text.escape)}")
    if text.uneven:
        settings += ["skipinitialspace=True", f"usecols=range({len(names)})"]
    settings.append('on_bad_lines="skip"')
    return f"pd.read_csv({source}, {', '.join(settings)})"


def _needs(advice: Advice, job: TableJob, framework: Framework) -> str:
    """Return the packages that a program imports."""
    own = [] if framework == "keras" else [line.rsplit("pip install ", 1)[-1] for line in _imports(advice)]
    packages = [*_PACKAGES[framework], *own, "pandas", *_READERS.get(job.format, ())]
    return f"{', '.join(packages)} and scikit-learn"


def _imports(advice: Advice) -> tuple[str, ...]:
    return optimizer_code(advice.recommendation).imports


def _made_by(advice: Advice) -> str:
    rec = advice.recommendation
    return (
        f"Made by advisor {advice.provenance.advisor}: {OPTIMIZER_INFO[rec.optimizer].title}, "
        f"{SCHEDULE_INFO[rec.schedule].title}, peak learning rate {rate(rec.learning_rate)}."
    )


def _checked(advice: Advice) -> str:
    loss = advice.verdict.held_out_loss
    if loss is None:
        return "The rate was not checked by training."
    short = "" if advice.verdict.steps >= advice.verdict.full_steps else f" after {advice.verdict.steps:,} steps"
    return f"Its trials ended at a held-out loss of {number(loss, 4)}{short}."


def _expected(advice: Advice) -> str:
    """Return what the check ended at, where its trials ran in full: with how much that depends on the rows held out."""
    verdict = advice.verdict
    loss = verdict.held_out_loss
    if loss is None or verdict.steps < verdict.full_steps:
        return ""
    ended = next((trial.losses for trial in verdict.trials if trial.mean == loss), ())
    losses = [one for one in ended if one is not None]
    varied, same = ("splits", "other") if advice.facts.data.time_order is None else ("seeds", "the same")
    spread = f", {min(losses):.4g} to {max(losses):.4g} over {len(losses)} {varied}" if len(losses) > 1 else ""
    return f"; {loss:.4g} in the check{spread}, with {same} rows held out"
