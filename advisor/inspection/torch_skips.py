"""Skip connections, and where normalisation stands in them, read off the graph."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

from advisor.facts.names import NormPosition
from advisor.inspection.torch_graph import Graph

TRANSPARENT = frozenset({"affine", "dropout"})


@dataclass(frozen=True, slots=True)
class Skip:
    """A sum or concatenation of a stream with what a branch with weights made of it.

    Attributes:
        join: position of the sum.
        stream: position of the operation that feeds both.
        branch: the operations of the branch as the bits of an integer.
    """

    join: int
    stream: int
    branch: int


def skips(graph: Graph) -> list[Skip]:
    """Return the skip connections of a graph.

    Two results are joined; either one comes from the other through weights (``x + f(x)``), or both come from the same
    weighted or embedded stream, at least one through weights (a projected shortcut). Sums of embeddings, sums of two
    models of the same input, and what an adapter adds to its layer are none.
    """
    found = []
    for position, operation in enumerate(graph.operations):
        if operation.kind not in {"add", "concat"}:
            continue
        computed = [source for source in operation.sources if graph.operations[source].kind != "parameter"]
        if any(_is_adapter(graph, source) for source in computed):
            continue
        for first, second in pairwise(computed):
            skip = _skip(graph, position, min(first, second), max(first, second))
            if skip is not None:
                found.append(skip)
    return found


def _skip(graph: Graph, join: int, early: int, late: int) -> Skip | None:
    reach = graph.ancestry[late] | (1 << late)
    if reach >> early & 1:
        branch = reach & ~(graph.ancestry[early] | (1 << early))
        return Skip(join, early, branch) if branch & graph.weighted else None
    common = graph.ancestry[early] & graph.ancestry[late]
    if not common:
        return None
    stream = common.bit_length() - 1
    carries = graph.operations[stream].kind == "weighted" or graph.has_weights_before(stream)
    branch = (reach | graph.ancestry[early] | (1 << early)) & ~(graph.ancestry[stream] | (1 << stream))
    return Skip(join, stream, branch) if carries and branch & graph.weighted else None


def norm_position(graph: Graph) -> NormPosition | None:
    """Return where normalisation stands in most skips: before the branch, after the sum, or elsewhere; None without."""
    votes = Counter(
        vote
        for skip in skips(graph)
        if graph.operations[skip.join].kind == "add" and (vote := _vote(graph, skip)) is not None
    )
    return votes.most_common(1)[0][0] if votes else None


def _vote(graph: Graph, skip: Skip) -> NormPosition | None:
    norms = [
        position
        for position, operation in enumerate(graph.operations)
        if operation.kind == "norm" and skip.branch >> position & 1
    ]
    if any(_origin(graph, graph.operations[norm].sources) == skip.stream for norm in norms):
        return "pre"
    users = graph.users(skip.join)
    while len(users) == 1 and graph.operations[users[0]].kind in TRANSPARENT:
        users = graph.users(users[0])
    if len(users) == 1 and graph.operations[users[0]].kind == "norm":
        return "post"
    return "other" if norms else None


def _is_adapter(graph: Graph, position: int) -> bool:
    origin = _origin(graph, (position,))
    return origin is not None and graph.operations[origin].name == "adapter"


def _origin(graph: Graph, sources: tuple[int, ...]) -> int | None:
    """Follow dropout and views back to the operation that made the tensor."""
    while sources:
        first = sources[0]
        if graph.operations[first].kind not in TRANSPARENT:
            return first
        sources = graph.operations[first].sources or (first,)
        if sources == (first,):
            return first
    return None
