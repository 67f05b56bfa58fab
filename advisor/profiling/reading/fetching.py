"""Sources that lie elsewhere: standard input, the web, object stores."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path
from urllib.parse import urlparse

import duckdb

from advisor.errors import DataError
from advisor.profiling.reading.duck import Duck

SECONDS = 60.0
"""Judgement: a server that says nothing for a minute will not answer."""
_REMOTE = re.compile(r"^(https?|ftp|s3a?|s3n|gs|gcs|r2|az|azure|abfss?|hf|hdfs)://", re.IGNORECASE)


def is_elsewhere(source: str) -> bool:
    """Return whether a source is no path on this machine."""
    return source == "-" or _REMOTE.match(source) is not None


def fetched(source: str, duck: Duck) -> Path:
    """Return a copy of a source, which lasts as long as the connection.

    Raises:
        DataError: it cannot be reached, or its kind of address takes an extension that is not installed.
    """
    if source == "-":
        return _standard_input(duck)
    scheme = source.partition(":")[0].lower()
    return _from_web(source, duck) if scheme in {"http", "https"} else _from_store(source, scheme, duck)


def _standard_input(duck: Duck) -> Path:
    if sys.stdin is None or sys.stdin.isatty():
        raise DataError("-: nothing is piped to standard input; pipe a table into the command, or name a file")
    path = duck.new_file("standard input")
    with path.open("wb") as out:
        shutil.copyfileobj(sys.stdin.buffer, out)
    return path


def _from_web(source: str, duck: Duck) -> Path:
    import urllib.error  # noqa: PLC0415 - a file on this machine loads no client for the web
    import urllib.request  # noqa: PLC0415 - likewise

    path = duck.new_file(_last_part(source))
    try:
        with urllib.request.urlopen(source, timeout=SECONDS) as answer, path.open("wb") as out:  # noqa: S310 - http(s)
            shutil.copyfileobj(answer, out)
    except (urllib.error.URLError, OSError, ValueError) as error:
        raise DataError(
            f"{source}: cannot be fetched ({getattr(error, 'reason', error)}); check the address"
        ) from error
    return path


def _from_store(source: str, scheme: str, duck: Duck) -> Path:
    """Copy through DuckDB's own extension, which is used where it is installed and never downloaded."""
    extension = "azure" if scheme in {"az", "azure", "abfs", "abfss"} else "httpfs"
    own = duckdb.connect(":memory:", config={"autoinstall_known_extensions": "false"})
    if scheme in {"ftp", "hdfs"} or not _loads(extension, own):
        raise DataError(
            f"{source}: {scheme}:// takes DuckDB's extension {extension}, which is not installed here; install it "
            f"once with `python -c \"import duckdb; duckdb.sql('install {extension}')\"`, or copy the file here"
        )
    path = duck.new_file(_last_part(source))
    try:
        found = own.execute("select content from read_blob(?)", [source]).fetchall()
    except duckdb.Error as error:
        raise DataError(f"{source}: cannot be fetched ({str(error).splitlines()[0][:200]})") from error
    if len(found) != 1:
        raise DataError(f"{source}: names {len(found)} files; give the address of one")
    path.write_bytes(found[0][0])
    return path


def _loads(extension: str, connection: duckdb.DuckDBPyConnection) -> bool:
    try:
        connection.execute(f"load {extension}")
    except duckdb.Error:
        return False
    return True


def _last_part(source: str) -> str:
    return Path(urlparse(source).path).name or "download"
