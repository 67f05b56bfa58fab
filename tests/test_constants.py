"""Each number at module level says, right where it stands, where it comes from."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "advisor"
ORIGIN = re.compile(
    r"[Jj]udgement: |[Bb]y definition|python -m \w"  # a reason, mathematics, the command that measured it
    r"|\b[a-z]+\d{4}[a-z]*\b, |\bpilot, |SEED-\d+|``torch\.|\w+/\w+, "  # a source with its locator, torch, a repository
)
"""What says where a number comes from."""


def has_number(value: ast.expr) -> bool:
    """Return whether an expression is a number, or a container or arithmetic of some; strings are none."""
    match value:
        case ast.Constant(value=bool()):
            return False
        case ast.Constant(value=int() | float()):
            return True
        case ast.UnaryOp(operand=inner):
            return has_number(inner)
        case ast.BinOp(left=left, right=right):
            return has_number(left) or has_number(right)
        case ast.Tuple(elts=items) | ast.List(elts=items) | ast.Set(elts=items):
            return any(map(has_number, items))
        case ast.Dict(values=items):
            return any(map(has_number, items))
        case ast.Call(args=items):
            return any(map(has_number, items))
        case _:
            return False


def numbers_of(tree: ast.Module) -> Iterator[tuple[str, ast.stmt, ast.stmt | None]]:
    """Yield the name of each number at module level, its statement and the statement after it."""
    for statement, following in zip(tree.body, [*tree.body[1:], None], strict=True):
        match statement:
            case ast.Assign(targets=[ast.Name(id=name) | ast.Tuple(elts=[ast.Name(id=name), *_])], value=value):
                pass
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                pass
            case _:
                continue
        if name.isupper() and has_number(value):
            yield name, statement, following


def unexplained(source: str) -> list[str]:
    """Return the numbers at module level without an origin in the docstring below or a comment above or beside them."""
    comments = {
        token.start[0]: token.string
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    }
    found = []
    for name, statement, following in numbers_of(ast.parse(source)):
        lines = range(statement.lineno - 1, (statement.end_lineno or statement.lineno) + 1)
        texts = [comments[line] for line in lines if line in comments]
        if isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
            texts.append(" ".join(str(following.value.value).split()))
        if not any(map(ORIGIN.search, texts)):
            found.append(name)
    return found


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_numbers_say_where_they_come_from(path: Path) -> None:
    assert unexplained(path.read_text(encoding="utf-8")) == []


def test_a_comment_or_docstring_explains_the_number_it_stands_at() -> None:
    source = '''
WIDTH = 4
HALF = 0.5  # by definition
# judgement: three of them, and a sign
_DEPTHS = (1, -2, 3)
RATES: dict[str, float] = {"sgd": 0.1}
"""kingma2015adam, section 2."""
FIRST, LAST = 1, 2
LIMIT = max(3, 4)
"""Most of them."""
SHARE = 0.2
"""Measured by ``python -m benchmarks.trials``."""
NAME, FLAG, WORDS = "4", True, ("one",)
lowercase = 3
'''
    assert unexplained(source) == ["WIDTH", "FIRST", "LIMIT"]
