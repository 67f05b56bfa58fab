"""JSON as a table: objects in lines or in a list, and the ways in which one object holds a whole table."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from advisor.errors import DataError
from advisor.profiling.reading.duck import Duck, path_literal
from advisor.profiling.reading.encodings import detect_encoding
from advisor.profiling.reading.options import ReadingOptions
from advisor.profiling.reading.plain_text import Head, read_head, write_utf8
from advisor.profiling.reading.relations import TYPED_ROWS, flattened, open_relation
from advisor.profiling.reading.table import Held, Table

MAX_OBJECT_BYTES = 100_000_000
"""Judgement: a single object must be parsed as a whole, which takes some ten times its size in memory."""
COMPARED = 100
"""Judgement: so many rows tell how an object holds its table."""

_COORDINATES = ("geometry longitude", "geometry latitude", "geometry altitude")
"""By definition of GeoJSON: the order in which a point holds them."""

Rows = Sequence[Mapping[str, Any]]


def open_json(path: Path, duck: Duck, options: ReadingOptions) -> Table:
    """Open a file of JSON.

    Args:
        path: of the file, unpacked.
        duck: connection that reads it.
        options: what the user said.

    Raises:
        DataError: it cannot be read, or holds no rows.
    """
    head = read_head(path)
    encoding = detect_encoding(head.data, path.name, None, complete=head.complete)
    copied = path
    if not encoding.is_utf8 or head.data.startswith(b"\xef\xbb\xbf"):
        copied = duck.new_file(path.name)
        write_utf8(path, "none", encoding, copied)
    note = None
    if (_is_one_object(head) or _is_list_of_lists(head)) and path.stat().st_size <= MAX_OBJECT_BYTES:
        found = rows_of(_parsed(copied, path.name))
        if found is not None:
            rows, note = found
            copied = duck.new_file(path.name)
            with copied.open("w", encoding="utf-8") as lines:
                lines.writelines(f"{json.dumps(row)}\n" for row in rows)
    relation = f"read_json({path_literal(str(copied))}, format='auto', sample_size={TYPED_ROWS})"
    flat = flattened(relation, duck)
    table = open_relation(flat, path.name, duck, path.stat().st_size, options)
    if note is None and flat != relation:
        note = "Read as JSON: objects inside the rows give a column for each of their names."
    if note is None:
        return table if encoding.is_utf8 else replace(table, held=Held(None))
    return replace(table, notes=(note, *table.notes), held=Held(None))


def rows_of(held: Any) -> tuple[Rows, str] | None:
    """Return the rows that one object holds, and in a sentence how; None when it is no table.

    >>> rows_of({"a": [1, 2], "b": [3, 4]})[0]
    [{'a': 1, 'b': 3}, {'a': 2, 'b': 4}]
    """
    if isinstance(held, list):
        return _of_lists(held)
    if not isinstance(held, dict) or not held:
        return None
    return _of_one_object(held) or _of_envelope(held) or _of_objects(held)


def _of_lists(held: Sequence[Any]) -> tuple[Rows, str] | None:
    """Return the rows of a list of lists, of which the first holds the names; None for any other list."""
    if len(held) < 2 or not all(isinstance(row, list) and len(row) == len(held[0]) for row in held):
        return None
    if not held[0] or not all(isinstance(name, str) for name in held[0]):
        return None
    return [_named(held[0], row) for row in held[1:]], "Read as JSON: the first list names the cells of the others."


def _of_envelope(held: Mapping[str, Any]) -> tuple[Rows, str] | None:
    """Return the rows of the only table among the objects in an answer, which stand beside its status and pages."""
    found = [table for value in held.values() if isinstance(value, dict) and (table := rows_of(value)) is not None]
    return found[0] if len(found) == 1 and len(found[0][0]) > len(held) else None


def _of_one_object(held: Mapping[str, Any]) -> tuple[Rows, str] | None:
    columns, data = held.get("columns"), held.get("data")
    if isinstance(columns, list) and isinstance(data, list) and all(isinstance(row, list) for row in data):
        return [_named(columns, row) for row in data], "Read as JSON: 'columns' names the cells of the lists in 'data'."
    lists = {key: value for key, value in held.items() if _is_list_of_objects(value)}
    if lists:
        key = max(lists, key=lambda one: len(lists[one]))
        rows, under = lists[key], f"the objects in {key!r}"
        if all(isinstance(row.get("properties"), dict) for row in rows):
            rows, shapes = _with_places(rows)
            under = f"the properties in {key!r}{shapes}"
        return rows, f"Read as JSON: the rows are {under}."
    values = list(held.values())
    if len(values) > 1 and all(isinstance(value, list) for value in values) and len(set(map(len, values))) == 1:
        return [_named(list(held), row) for row in zip(*values, strict=True)], "Read as JSON: a list for each column."
    return None


def _with_places(features: Rows) -> tuple[Rows, str]:
    """Return the properties of features of a map, with the coordinates of points, and what became of their shapes."""
    shapes = [feature.get("geometry") for feature in features]
    if not any(isinstance(shape, dict) for shape in shapes):
        return [feature["properties"] for feature in features], ""
    places = [shape.get("coordinates") if isinstance(shape, dict) else None for shape in shapes]
    points = all(shape.get("type") == "Point" for shape in shapes if isinstance(shape, dict))
    most = max(len(place) if isinstance(place, list) else 0 for place in places)
    if not points or not most:
        return [feature["properties"] for feature in features], "; their shapes were left out"
    return [
        {**feature["properties"], **(_named(_COORDINATES, place) if isinstance(place, list) else {})}
        for feature, place in zip(features, places, strict=True)
    ], f", and the coordinates of their points: {', '.join(_COORDINATES[:most])}"


def _of_objects(held: Mapping[str, Any]) -> tuple[Rows, str] | None:
    """Return rows of an object of objects, which stand for columns when what is in them is numbered."""
    if len(held) < 2 or not all(isinstance(value, dict) for value in held.values()):
        return None
    inner = list(islice((key for value in held.values() for key in value), COMPARED))
    if all(key.isdigit() for key in inner) or len(next(iter(held.values()))) > len(held):
        places = dict.fromkeys(key for value in held.values() for key in value)
        rows: Rows = [{name: value.get(place) for name, value in held.items()} for place in places]
        return rows, "Read as JSON: an object for each column."
    return list(held.values()), "Read as JSON: an object for each row."


def _named(names: Sequence[Any], cells: Sequence[Any]) -> dict[str, Any]:
    return {str(name): cell for name, cell in zip(names, cells, strict=False)}


def _is_list_of_objects(value: Any) -> bool:
    return isinstance(value, list) and len(value) > 1 and all(isinstance(one, dict) for one in value)


def _is_one_object(head: Head) -> bool:
    """Whether the file is a single object, rather than a list of them or one in each line."""
    text = head.data.decode("utf-8", errors="replace").lstrip("\ufeff \t\r\n")
    if not text.startswith("{"):
        return False
    first, _, rest = text.partition("\n")
    try:
        json.loads(first)
    except ValueError:
        return True
    return not rest.strip()


def _is_list_of_lists(head: Head) -> bool:
    return re.match(rb"(?:\xef\xbb\xbf)?\s*\[\s*\[", head.data) is not None


def _parsed(path: Path, name: str) -> Any:
    try:
        return json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise DataError(f"{name}: is no complete JSON ({error}); write it again, or one object per line") from error
