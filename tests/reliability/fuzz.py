# ruff: noqa: T201 - lists of inputs are read across; run by hand, it prints its counts
"""Hostile and extreme input for every command, from a seed; each ends with exit code 0, 2 or 130.

``python -m tests.reliability.fuzz 10000`` runs the corpus of docs/reliability.md and prints its counts.
"""

from __future__ import annotations

import contextlib
import json
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import advisor
from advisor.facts.registry import registry
from tests.command_line import run_here

ALLOWED = {0, 2, 130}
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
NUMBERS = (
    *(
        "0",
        "-1",
        "1",
        "0.5",
        "1e308",
        "-1e308",
        "1e-320",
        "1e400",
        "nan",
        "inf",
        "-inf",
        "",
        " ",
        "true",
        "null",
        "None",
    ),
    *("9" * 400, "9" * 5000, "1_000", "0x10", "1,5", "²", "1e", "--1", "18446744073709551616", "99999999999TB"),
)
TEXTS = (
    *(
        "",
        " ",
        "\x1b[31mred\x1b[0m",
        "\x1b]8;;x\x07",
        "\u202eevil",
        "[bold]x[/]",
        "[/]",
        "<script>",
        "{{7*7}}",
        "a\x00b",
    ),
    *(
        "\udcff",
        "x" * 3000,
        "../../etc/passwd",
        "'; drop table x; --",
        "𝔘𝔫𝔦",
        "\n",
        "\t",
        "%s%n",
        "${HOME}",
        "-",
        "--",
        "=",
        "a=b=c",
    ),
)
NAMES = (*registry(), "plan.total_steps", "lr", "model", "data.", ".", "plan.lr", "")

Draw = random.Random
Case = tuple[list[str], dict[str, bytes]]
"""Arguments of the command, and the files it finds in its folder."""


def value(draw: Draw) -> str:
    """Return a value for any fact."""
    return draw.choice([*NUMBERS, *TEXTS, "mlp", "adamw", "cosine", "vit", "lstm", str(draw.uniform(-9, 9)), "3", "64"])


def sound(draw: Draw) -> str:
    """Return a fact with a value that it may have, at the ends of its range now and then."""
    item = draw.choice([item for item in registry().values() if not item.is_derived])
    if item.choices or item.type in {"flag", "text"}:
        return f"{item.path}={draw.choice(item.choices or ('true', 'false'))}"
    low, high = item.lower if item.lower is not None else -1e50, item.upper if item.upper is not None else 1e18
    number = draw.choice([low, high, 1.0, 10.0 ** draw.uniform(-40, 17), draw.uniform(0, 1), 64.0])
    return f"{item.path}={int(number) if item.type == 'count' else number}"


def fact(draw: Draw) -> str:
    if draw.random() < 0.7:
        return sound(draw)
    return f"{draw.choice(NAMES)}{draw.choice(['=', '=', '=', '=', '', '=='])}{value(draw)}"


def tree(draw: Draw, depth: int = 0) -> Any:
    """Return any JSON."""
    kind = draw.random()
    if depth > 3 or kind < 0.4:
        plain = [None, True, 1, -1, 1e308, 10**18, 10**400, "x", *TEXTS[:12], float("nan")]
        return draw.choice(plain)
    if kind < 0.6:
        return [tree(draw, depth + 1) for _ in range(draw.randrange(4))]
    return {draw.choice([*NAMES, "loss", "step", *TEXTS[:6]]): tree(draw, depth + 1) for _ in range(draw.randrange(5))}


def mutated(draw: Draw, content: bytes) -> bytes:
    """Return bytes with some changed, cut off, doubled or put in."""
    data = bytearray(content)
    for _ in range(draw.randrange(1, 6)):
        at, kind = draw.randrange(len(data) + 1), draw.randrange(5)
        if kind == 0:
            data[at : at + 1] = bytes([draw.randrange(256)])
        elif kind == 1:
            del data[at : at + draw.randrange(1, 200)]
        elif kind == 2:
            data[at:at] = draw.choice([*NUMBERS, *TEXTS]).encode("utf-8", "surrogateescape")
        elif kind == 3:
            data[at:at] = data[at : at + draw.randrange(1, 300)]
        else:
            data = data[:at]
    return bytes(data)


def facts(draw: Draw) -> Case:
    command = draw.choice(
        [["recommend"], ["explain"], ["ask"], ["tune-plan"], ["why-not", "adaptive-default"], ["rules", "ablate"]]
    )
    if draw.random() < 0.7:
        stated = [part for _ in range(draw.randrange(1, 4)) for part in ("--set", fact(draw))]
        return [*command, *stated], {}
    sheet = json.dumps(tree(draw)).encode() if draw.random() < 0.6 else mutated(draw, b'{"model": {"family": "mlp"}}')
    return [*command, "--facts", "sheet.json"], {"sheet.json": sheet}


def change(draw: Draw) -> Case:
    return ["what-if", "--given", fact(draw), "--set", fact(draw)], {}


def inspect(draw: Draw) -> Case:
    name = draw.choice(["mlp:", "cnn:", "lstm:", "transformer:", "linear", "auto", "", "no.module:", "json:"])
    return ["inspect", f"{name}{value(draw)}", *draw.choice([[], ["--inputs", value(draw)], ["--json"]])], {}


def log(draw: Draw) -> Case:
    rows = draw.randrange(0, 60)
    columns = [
        "step",
        draw.choice(["loss", "train_loss", "nll", *TEXTS[:6]]),
        draw.choice(["lr", "val_loss", "reward", "x"]),
    ]
    lines = [
        {name: draw.choice([1 / (1 + row), row, 1e308, -1e308, None, "nan", 10**30]) for name in columns}
        for row in range(rows)
    ]
    if draw.random() < 0.5:
        text, name = "\n".join(map(json.dumps, lines)), "log.jsonl"
    else:
        body = "\n".join(",".join(str(line[column]) for column in columns) for line in lines)
        text, name = ",".join(columns) + "\n" + body, "log.csv"
    content = text.encode("utf-8", "surrogateescape")
    if draw.random() < 0.4:
        content = mutated(draw, content)
    extra = draw.choice(
        [[], ["--learning-rate", value(draw)], ["--optimizer", value(draw)], ["--loss-column", value(draw)]]
    )
    return ["diagnose", name, "--no-report", *extra], {name: content}


def result(draw: Draw) -> Case:
    command = draw.choice([["explain"], ["ask"], ["tune-plan"], ["report", "--json"]])
    content = mutated(draw, advice()) if draw.random() < 0.2 else swapped(draw, advice())
    return [*command, "a.advisor.json"], {"a.advisor.json": content}


def swapped(draw: Draw, content: bytes) -> bytes:
    """Return JSON with some leaves replaced by values of any kind."""
    whole = json.loads(content)
    for _ in range(draw.randrange(1, 4)):
        at: Any = whole
        while isinstance(at, dict | list) and at:
            key = draw.choice(list(at) if isinstance(at, dict) else range(len(at)))
            if not isinstance(at[key], dict | list) or not at[key] or draw.random() < 0.05:
                like = [0, -1, 1e308, 1e-320, 10**18, 0.5] if isinstance(at[key], int | float) else [*TEXTS, None, []]
                at[key] = draw.choice(like) if draw.random() < 0.8 else tree(draw, 3)
                break
            at = at[key]
    return json.dumps(whole).encode()


def table(draw: Draw) -> Case:
    lines = (EXAMPLES / "penguins.csv").read_bytes().split(b"\n")
    content = mutated(draw, b"\n".join(lines[: draw.randrange(2, 60)]))
    name = draw.choice(["t.csv", "t.csv", "t.tsv", "t.json", "t.jsonl", "t.parquet", "t.csv.gz", "t.zip", "t"])
    extra = draw.choice(
        [
            [],
            ["--target", value(draw)],
            ["--memory", value(draw)],
            ["--seed", value(draw)],
            ["--delimiter", value(draw)],
        ]
    )
    return ["facts", name, *extra], {name: content}


def words(draw: Draw) -> Case:
    commands = [
        "profile",
        "facts",
        "inspect",
        "recommend",
        "rules",
        "list",
        "show",
        "report",
        "diagnose",
        "--json",
        "-o",
        "--set",
    ]
    return [draw.choice([*commands, *TEXTS]) for _ in range(draw.randrange(1, 4))], {}


_ADVICE: list[bytes] = []


def advice() -> bytes:
    """Return an advice as JSON."""
    if not _ADVICE:
        made = advisor.advise("mlp:8", EXAMPLES / "penguins.csv", budget="none", epochs=2)
        _ADVICE.append(made.to_json().encode())
    return _ADVICE[0]


KINDS: dict[str, tuple[Callable[[Draw], Case], int]] = {
    "facts": (facts, 35),
    "what-if": (change, 10),
    "inspect": (inspect, 10),
    "log": (log, 20),
    "result": (result, 12),
    "table": (table, 5),
    "words": (words, 8),
}
"""What is tried, and its share in percent."""


def run(number: int) -> tuple[str, list[str], int, str]:
    """Run one input, and return its kind, its arguments, the exit code and the last line of what it said."""
    draw = random.Random(number)  # noqa: S311 - no secret
    kind = draw.choices(list(KINDS), [share for _, share in KINDS.values()])[0]
    arguments, contents = KINDS[kind][0](draw)
    for name, content in contents.items():
        Path(name).write_bytes(content)
    done = run_here(*arguments, cwd=Path())
    said = (done.stderr.strip().splitlines() or [""])[-1]
    return kind, arguments, -2 if "Traceback" in done.stderr else done.returncode, said


def counts(numbers: range) -> tuple[Counter[tuple[str, int]], list[str]]:
    """Run inputs in a folder of their own, and count kinds and exit codes; return those that are not allowed, too."""
    found: Counter[tuple[str, int]] = Counter()
    wrong: list[str] = []
    for number in numbers:
        kind, arguments, code, said = run(number)
        found[kind, code] += 1
        if code not in ALLOWED or said.startswith("error: this input cannot be used"):
            wrong.append(f"{number}: {[one[:60] for one in arguments]} -> {code} {said[:300]}")
    return found, wrong


if __name__ == "__main__":
    start, count = int((sys.argv + ["0"] * 3)[2]), int(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        tally, problems = counts(range(start, start + count))
    for key, many in sorted(tally.items()):
        print(*key, many)
    print(*problems, sep="\n")
