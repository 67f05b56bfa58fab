"""Tables as consoles print them: in frames with blanks between the columns, or cut into blocks of columns."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise

from advisor.profiling.reading.cell_patterns import hold_words
from advisor.profiling.reading.records import RULE

FRAMED = 0.9
"""Share of the lines with pipes that have them at the same places. Judgement: one may hold a pipe in a word."""
LEAST_FRAMED = 0.5
"""Share of all lines that have pipes. Judgement: rules and titles are fewer."""

_TYPES = re.compile(r"^\s*(?:\d+\s+)?<[a-z0-9+:]{2,6}>(?:\s+<[a-z0-9+:]{2,6}>)+\s*$", re.MULTILINE)
_TIBBLE = re.compile(r"^\s*# (?:A tibble:|A tsibble:|Groups:|Source:|…|ℹ|\.\.\.|with \d)")
_POLARS_TYPES = re.compile(
    r"│(?:\s*(?:[iu](?:8|16|32|64)|f(?:32|64)|str|bool|cat|enum|date|time|datetime\[.*\]|duration\[.*\]|null)\s*│)+"
)
_SETTINGS = re.compile(r"^@\s*(?:title|xaxis|yaxis|TYPE)\b", re.MULTILINE)
_LEGENDS = re.compile(r'^@\s*s\d+\s+legend\s+"([^"]*)"', re.MULTILINE)
_ACROSS = re.compile(r'^@\s*xaxis\s+label\s+"([^"]*)"', re.MULTILINE)
"""Lines of Grace that set how rows are drawn, and say what their columns are."""
_SIZE = re.compile(r"\[\d+ rows x \d+ columns\]")


def plain_lines(text: str) -> list[str] | None:
    """Return the lines of a printed table without what is made for the eye alone; None for any other text."""
    ways = (of_numpy, of_grace, without_frame, of_frame_packages, unwrapped, with_names_in_one_line)
    return next((lines for way in ways if (lines := way(text)) is not None), None)


def of_numpy(text: str) -> list[str] | None:
    """Return the rows of an array of two dimensions as NumPy prints it, without brackets; None for any other text."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) < 2 or not text.lstrip().startswith("[[") or not text.rstrip().endswith("]]"):
        return None
    rows = [line.strip("[]").strip() for line in lines]
    plain = all(line.startswith("[") and line.endswith("]") for line in lines)
    return rows if plain and not any(sign in row for row in rows for sign in "[],") else None


def of_grace(text: str) -> list[str] | None:
    """Return names and rows of a file of Grace, as GROMACS writes it, parted by tabs; None for any other text."""
    legends = _LEGENDS.findall(text)
    rows = [line.split() for line in text.splitlines() if line.strip() and not line.startswith(("#", "@", "&"))]
    if _SETTINGS.search(text) is None or not rows or any(len(row) != len(rows[0]) for row in rows):
        return None
    across = _ACROSS.search(text)
    names = [across[1] if across else "x", *legends]
    names = names if len(names) == len(rows[0]) else []
    return ["\t".join(row) for row in ([names] if names else []) + rows]


def with_names_in_one_line(text: str) -> list[str] | None:
    """Return the lines of a frame of pandas with the names of its index, in the second line, beside the others."""
    if not text.startswith(" "):
        return None
    upper, lower, *rows = [line.rstrip() for line in text.splitlines() if line.strip()] + ["", ""]
    start = len(upper) - len(upper.lstrip())
    begins = not lower.startswith(" ") and hold_words(lower.split()) and bool(lower)
    if not begins or len(lower) > start or not hold_words(upper.split()) or len(rows) < 4:
        return None
    return [lower.ljust(start) + upper[start:], *rows]


def without_frame(text: str) -> list[str] | None:
    """Return the lines of a text without the one or two pipes, at the same places of each, that frame its columns.

    Statistics packages print so: ``| make   price   mpg |`` or ``foreign |   Freq.   Percent``. None where pipes
    part all columns, or none.
    """
    if "|" not in text:
        return None
    lines = text.splitlines()
    piped = [line.rstrip() for line in lines if "|" in line and RULE.search(line) is None]
    places = Counter(at for line in piped for at, sign in enumerate(line) if sign == "|")
    frame = sorted(place for place, count in places.items() if count >= FRAMED * len(piped))
    if len(piped) < max(3, LEAST_FRAMED * sum(bool(line.strip()) for line in lines)) or not 1 <= len(frame) <= 2:
        return None
    if any(line.count("|") != len(frame) for line in piped):
        return None
    if len(frame) == 2 and not all(line.endswith("|") for line in piped):
        return None
    inner = [line[frame[0] + 1 : frame[1] if len(frame) == 2 else None].strip() for line in piped]
    if sum("  " in one for one in inner) < FRAMED * len(inner):
        return None
    return ["" if RULE.search(line) else line.replace("|", " ") for line in lines]


def of_frame_packages(text: str) -> list[str] | None:
    """Return the lines of a frame that tibble or polars printed without their types and sizes; None for others."""
    if "┆" not in text and _TYPES.search(text) is None:
        return None
    lines = text.splitlines()
    kept = ["" if _TYPES.fullmatch(line) or _TIBBLE.match(line) else line.replace("┆", "│") for line in lines]
    typed = next((at for at, line in enumerate(kept) if _POLARS_TYPES.fullmatch(line)), None)
    return [line for at, line in enumerate(kept) if at != typed and not line.startswith("shape: (")]


def unwrapped(text: str) -> list[str] | None:
    """Return the lines of a frame that R or pandas cut into blocks of columns, put side by side; None for others.

    Every block begins with a line of names, behind blanks, and has the same names of rows.
    """
    if not text.lstrip("\r\n").startswith(" "):
        return None
    lines = [line.rstrip().removesuffix("\\") for line in text.splitlines()]
    lines = [line for line in lines if line.strip() and _SIZE.fullmatch(line) is None]
    starts = [at for at, line in enumerate(lines) if line[0] == " " and hold_words(line.split())]
    if len(starts) < 2 or starts[0] != 0:
        return None
    blocks = [lines[start:end] for start, end in pairwise([*starts, len(lines)])]
    labels = [[line.split()[0] for line in block[1:]] for block in blocks]
    if len(labels[0]) < 2 or any(one != labels[0] for one in labels):
        return None
    if len(set(labels[0])) < len(labels[0]) or any(line[0] == " " for block in blocks for line in block[1:]):
        return None
    widths = [max(map(len, block)) for block in blocks]
    rows = zip(*blocks, strict=True)
    return [
        "  ".join(
            (part if at == 0 else " " * len(label) + part[len(label) :]).ljust(width)
            for at, (part, width) in enumerate(zip(parts, widths, strict=True))
        )
        for parts, label in zip(rows, ["", *labels[0]], strict=True)
    ]
