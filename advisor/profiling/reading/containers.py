"""What a file is, by its first bytes and then its name."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path
from typing import Literal

from advisor.profiling.reading.plain_text import PACKED_SUFFIXES, Head, files_of, read_head

Container = Literal[
    "text",
    "json",
    "parquet",
    "orc",
    "arrow",
    "arrow_stream",
    "workbook",
    "sqlite",
    "duckdb",
    "npy",
    "npz",
    "arff",
    "foreign",
]
"""How a file holds its table; "foreign" is known by name and read by another package."""

FOREIGN = {
    ".h5": "pandas.read_hdf",
    ".hdf5": "pandas.read_hdf",
    ".sav": "pandas.read_spss",
    ".dta": "pandas.read_stata",
    ".sas7bdat": "pandas.read_sas",
    ".xpt": "pandas.read_sas",
    ".rdata": "a package for files of R",
    ".rds": "a package for files of R",
    ".pkl": "pandas.read_pickle",
    ".pickle": "pandas.read_pickle",
    ".pt": "torch.load",
    ".pth": "torch.load",
    ".mat": "scipy.io.loadmat",
    ".avro": "polars.read_avro",
}
"""By definition: what reads the files that are not read here."""

_MAGIC: tuple[tuple[bytes, Container], ...] = (
    (b"PAR1", "parquet"),
    (b"ORC", "orc"),
    (b"ARROW1", "arrow"),
    (b"FEA1", "arrow"),
    (b"\xff\xff\xff\xff", "arrow_stream"),
    (b"SQLite format 3\x00", "sqlite"),
    (b"\x93NUMPY", "npy"),
    (b"\xd0\xcf\x11\xe0", "workbook"),
    (b"\x89HDF", "foreign"),
    (b"Obj\x01", "foreign"),
)
_SEEN = 4_096
"""Bytes. Judgement: the header of a binary file is shorter, and holds other bytes than those of letters."""

_DUCKDB_AT = 8
"""By definition: bytes 8 to 12 of a DuckDB file are ``DUCK``."""

_SUFFIXES: dict[str, Container] = {
    **dict.fromkeys((".parquet", ".pq"), "parquet"),
    **dict.fromkeys((".jsonl", ".ndjson", ".json"), "json"),
    **dict.fromkeys((".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"), "workbook"),
    **dict.fromkeys((".arrow", ".arrows", ".feather", ".ipc"), "arrow"),
    **dict.fromkeys(FOREIGN, "foreign"),
    ".arff": "arff",
    ".orc": "orc",
}
_FOREIGN_TEXT: tuple[tuple[re.Pattern[bytes], str], ...] = (
    (
        re.compile(rb"\A\s*<!doctype html|\A\s*<html|\A\s*<table", re.IGNORECASE),
        "HTML; give the frame of pandas.read_html",
    ),
    (
        re.compile(rb"\A\s*<\?xml|\A\s*<[a-z][\w:.-]*(?:\s|>(?![,;|\t]<))", re.IGNORECASE),
        "XML; give the frame of pandas.read_xml",
    ),
    (
        re.compile(rb"\A(?:[^\s:,;]+(?: \d+:[^\s:,;]+)+ *\r?\n){3}"),
        "LIBSVM; give the pair of sklearn.datasets.load_svmlight_file",
    ),
    (
        re.compile(
            rb"(?i)\A(?:\s*(?:--|/\*|\*|SET |PRAGMA|BEGIN|START|DROP|USE |LOCK|SELECT |CREATE |ALTER )[^\n]*\n|\s*\n)"
            rb"{0,200}?"
            rb"\s*(?:INSERT\s+INTO\s[^\n]*VALUES|CREATE\s+TABLE\s[^\n]*\(|COPY\s[^\n]*\sFROM\s+stdin)"
        ),
        "a dump of SQL; load it into a database and give that, or export its table as CSV",
    ),
    (
        re.compile(rb"\A(?:---[^\n]*\n)?(?:- [\w\" -]+:(?: [^\n]*)?\n(?:  [\w\" -]+:(?: [^\n]*)?\n)*){3}"),
        "YAML; give the frame of pandas.DataFrame(yaml.safe_load(...))",
    ),
    (
        re.compile(rb"\A(?:[^\n]*\n){0,6}?\s+1\.0e[+-]\d+ \*\s*\n"),
        "numbers of MATLAB over a factor that they have in common; write them with writematrix",
    ),
    (re.compile(rb"\A\s*\[?\s*\{'"), "dictionaries as Python prints them; write them with json.dumps"),
    (
        re.compile(rb"\A(?:(?:[A-Za-z][\w ]{0,40}: [^\n]*\n){2,}\n){3}"),
        "blocks of names and values; write a line for each block",
    ),
    (
        re.compile(rb"\A(?:\s*(?:%[^\n]*)?\n)*\s*@[a-zA-Z]+\s*\{[^\n]*,\s*\n\s*[\w-]+\s*=\s*[{\"\d]"),
        "BibTeX; export the references as CSV, from Zotero or JabRef",
    ),
    (
        re.compile(rb"\A(?:\s*\n)*(?:TY  - [^\n]*\n(?:[A-Z][A-Z0-9]  - ?[^\n]*\n)+|PMID- \d)"),
        "RIS or MEDLINE, references in lines of tags; export them as CSV",
    ),
    (re.compile(rb"\A\s*MSH\|\^~"), "messages of HL7; give a table with a line for each result"),
    (
        re.compile(rb"\A\s*(?:UNA.{6}\s*)?UNB\+|\A\s*ISA\*\d\d\*"),
        "messages of EDI; give a table with a line for each item",
    ),
    (re.compile(rb"\A\s*BEGIN:V(?:CALENDAR|CARD)"), "a calendar or contacts; export them as CSV"),
    (
        re.compile(rb"\A>[^\n]+\n[A-Za-z*\n-]+(?:>|\Z)|\A@[^\n]+\n[ACGTNacgtn]+\n\+"),
        "sequences in FASTA or FASTQ; give a table with a line for each sequence, its features in columns",
    ),
    (
        re.compile(rb"\A(?:\s*\(?[0-9a-fA-F]{4},\s?[0-9a-fA-F]{4}\)?\s[^\n]*\n){3}"),
        "a dump of DICOM tags; give a table with a line for each image, from pydicom",
    ),
    (
        re.compile(
            rb"\A(?:[^\n]*\n){0,50}?\s*(?:\\begin\{(?:tabular|longtable|array|table)|(?:[^\n&]*&[^\n]*\\\\\s*\n){3})"
        ),
        "LaTeX; export the table as CSV",
    ),
)
_RELATION = re.compile(rb"\A(?:\s*%[^\n]*\n|\s*\n)*\s*@relation\s", re.IGNORECASE)


def container_of(path: Path, head: Head) -> Container:
    """Return what a file is.

    Args:
        path: of the file.
        head: its first bytes, unpacked.
    """
    if head.packing == "zip":
        found = _inside_zip(path)
        if found is not None:
            return found
    for mark, container in _MAGIC:
        if head.data.startswith(mark):
            return container
    if head.data[_DUCKDB_AT : _DUCKDB_AT + 4] == b"DUCK":
        return "duckdb"
    if _RELATION.match(head.data):
        return "arff"
    named = _SUFFIXES.get(suffix_of(path), "text")
    if named == "workbook" and b"\x00\x00\x00" not in head.data and head.packing == "none":
        named = "text"  # lists of SAP and other programs end in .xls and hold tabs or HTML
    if named == "foreign" and _is_text(head.data):
        named = "text"  # Gamry's instruments end in .dta as well as Stata
    return "json" if named == "text" and _holds_objects(head.data) else named


def read_start(path: Path) -> Head:
    """Return the first bytes of a file, those of an archive of several files or arrays as they stand.

    Raises:
        DataError: it cannot be read, or is damaged.
    """
    if zipfile.is_zipfile(path) and _inside_zip(path) is not None:
        with path.open("rb") as file:
            return Head(file.read(8), complete=False, packing="zip")
    return read_head(path)


def foreign_text(head: Head) -> str | None:
    """Return what text is that holds no lines of fields, with what reads it; None for anything else."""
    data = head.data.removeprefix(b"\xef\xbb\xbf")
    return next((said for pattern, said in _FOREIGN_TEXT if pattern.match(data)), None)


def members_of(path: Path) -> list[str]:
    """Return the files that an archive packs together; none when it is one table, or no archive."""
    if not zipfile.is_zipfile(path) or _inside_zip(path) is not None:
        return []
    with zipfile.ZipFile(path) as archive:
        return files_of(archive)


def suffix_of(path: Path) -> str:
    """Return the last suffix of a name that says what is in the file, in lower case; packing aside."""
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() not in PACKED_SUFFIXES]
    return suffixes[-1] if suffixes else ""


def _inside_zip(path: Path) -> Container | None:
    """Return what an archive is as a whole; None when it merely packs another file."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            kind = archive.read("mimetype") if "mimetype" in names else b""
    except (OSError, zipfile.BadZipFile):
        return None
    if any(name.startswith("xl/") for name in names) or b"opendocument.spreadsheet" in kind:
        return "workbook"
    return "npz" if names and all(name.endswith(".npy") for name in names) else None


def _is_text(data: bytes) -> bool:
    """Whether bytes are printable lines, as files of statistics packages and pickles are not."""
    start = data[:_SEEN]
    printable = all(one >= 32 or one in b"\t\r\n" for one in set(start))
    return b"\n" in start and printable and not start.startswith(b"<stata")


def _holds_objects(data: bytes) -> bool:
    """Whether text without a telling name is a JSON object per line, or a list of them."""
    text = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    if re.match(rb"\[\s*\{\s*\"", text):
        return True
    if not text.startswith(b"{"):
        return False
    try:
        return isinstance(json.loads(text.partition(b"\n")[0]), dict)
    except ValueError:
        return False
