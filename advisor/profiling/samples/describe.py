"""What drawn samples say: scale of each channel, whether values are normalised, lengths, vocabulary, class balance."""

from __future__ import annotations

from collections import Counter
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from advisor.errors import DataError
from advisor.facts import ColumnFacts, DataFacts, TargetFacts
from advisor.facts.names import Task
from advisor.profiling.arrays import facts_of_arrays
from advisor.profiling.samples.draw import Drawn

MOST_CHANNELS = 64
"""Channels and features that are described one by one. Judgement: a reader looks at no more."""
IMAGE_CHANNELS = (1, 3, 4)
"""By definition: grey, colour, and colour with transparency."""
MAX_CLASSES = 1_000
"""Whole numbers from 0 on are labels up to here. Judgement: as many as ImageNet's classes; more look like a count."""
PADDED = 0.1
"""Share of the sequences that must end alike. Judgement: fewer may do so by chance."""

Numbers = NDArray[np.generic]
Order = Literal["first", "last"]
"""Whether channels stand before or behind height and width."""


def facts_of_samples(drawn: Drawn, name: str, *, task: Task | None = None, seed: int = 0) -> DataFacts:
    """Describe drawn samples.

    Args:
        drawn: inputs and targets.
        name: what to call the data in reports.
        task: what is predicted; None: read off the targets.
        seed: of the estimates.

    Raises:
        DataError: inputs of different kinds.
    """
    if all(isinstance(x, str) for x in drawn.inputs):
        facts, columns, notes = _of_texts(drawn.inputs)
    elif any(isinstance(x, str) for x in drawn.inputs):
        raise DataError(f"{name}: some samples are texts and some are numbers")
    elif len({x.shape for x in drawn.inputs}) == 1:
        facts, columns, notes = _of_stack(np.stack(drawn.inputs), seed)
    else:
        facts, columns, notes = _of_uneven(drawn.inputs)
    task = task or _task(drawn)
    if drawn.total is not None and drawn.total > len(drawn.inputs):
        notes.append(f"Described by {len(drawn.inputs):,} of {drawn.total:,} samples, drawn evenly.")
    elif drawn.total is None:
        notes.append(f"Described by the first {len(drawn.inputs):,} samples; how many there are is not said.")
    return facts.model_copy(
        update={
            "name": name,
            "rows": drawn.total,
            "task": task,
            "target": _target(drawn, task),
            "columns": tuple(columns),
            "notes": tuple(notes),
        }
    )


def _of_texts(texts: list[str]) -> tuple[DataFacts, list[ColumnFacts], list[str]]:
    words = [text.split() for text in texts]
    lengths = np.array([len(one) for one in words])
    vocabulary = len(Counter(word for one in words for word in one))
    note = (
        f"Texts of {lengths.min():,} to {lengths.max():,} words (median {int(np.median(lengths)):,}), {vocabulary:,} "
        "different ones in what was drawn; a tokenizer makes more or fewer of them."
    )
    facts = DataFacts(modality="text", sequence_length=max(int(lengths.max()), 1), vocabulary=max(vocabulary, 1))
    return facts, [], [note]


def _of_stack(x: Numbers, seed: int) -> tuple[DataFacts, list[ColumnFacts], list[str]]:
    if x.ndim == 3 and x.dtype == np.uint8:
        x = x[:, None]  # grey images without an axis for their one channel
    facts = facts_of_arrays(x, None, seed=seed)
    match facts.modality:
        case "image":
            order: Order = "first" if x.shape[1] in IMAGE_CHANNELS or x.shape[-1] not in IMAGE_CHANNELS else "last"
            return facts, *_of_images([x[at] for at in range(len(x))], order)
        case "text":
            return facts, [], [_tokens(x)]
        case "sequence":
            columns = _channels(np.moveaxis(x, -1, 0), "feature")
            return facts, columns, [_range_note(columns, whole=False)]
        case "tabular":
            columns = _channels(np.moveaxis(x, -1, 0), "feature")
            return facts, columns, [_range_note(columns, whole=False)]
        case _:
            return facts, [], []


def _of_uneven(inputs: list[Numbers]) -> tuple[DataFacts, list[ColumnFacts], list[str]]:
    """Describe samples of different sizes: images, or sequences that are padded later."""
    ranks = {x.ndim for x in inputs}
    if ranks == {3}:
        order: Order = "first" if all(x.shape[0] in IMAGE_CHANNELS for x in inputs) else "last"
        columns, notes = _of_images(inputs, order)
        return DataFacts(modality="image"), columns, notes
    if len(ranks) > 1 or 0 in ranks:
        raise DataError(f"samples have {', '.join(map(str, sorted(ranks)))} dimensions; they need the same number")
    lengths = np.array([len(x) for x in inputs])
    tokens = ranks == {1} and all(np.issubdtype(x.dtype, np.integer) for x in inputs)
    vocabulary = max((int(x.max()) + 1 for x in inputs if x.size), default=1) if tokens else None
    what = "text" if tokens else "sequence"
    note = f"Sequences of {lengths.min():,} to {lengths.max():,} steps (median {int(np.median(lengths)):,})."
    facts = DataFacts(modality=what, sequence_length=max(int(lengths.max()), 1), vocabulary=vocabulary)
    if tokens or ranks == {1}:
        return facts, [], [note]
    columns = _channels(np.moveaxis(np.concatenate(inputs), -1, 0), "feature")
    return facts, columns, [note, _range_note(columns, whole=False)]


def _of_images(images: list[Numbers], order: Order) -> tuple[list[ColumnFacts], list[str]]:
    planes = [image if order == "first" else np.moveaxis(image, -1, 0) for image in images]
    if len({len(plane) for plane in planes}) > 1:
        raise DataError("images have different numbers of channels; convert all of them to one kind")
    flat = np.concatenate([plane.reshape(len(plane), -1) for plane in planes], axis=1)
    columns = _channels(flat, "channel")
    sizes = {plane.shape[1:] for plane in planes}
    notes = [_range_note(columns, whole=bool((flat == np.rint(flat)).all()))]
    if len(sizes) > 1:
        sides = [side for size in sizes for side in size]
        notes.append(f"Images are of {len(sizes)} sizes, {min(sides)} to {max(sides)} pixels a side.")
    if order == "last":
        notes.append("Channels come last; torch's layers want them before height and width.")
    return columns, notes


def _channels(planes: Numbers, what: str) -> list[ColumnFacts]:
    """Return the facts of each channel, shape (channels, …)."""
    columns = []
    for place, plane in enumerate(planes[:MOST_CHANNELS]):
        values = plane.reshape(-1).astype(np.float64)
        finite = values[np.isfinite(values)]
        whole = bool((finite == np.rint(finite)).all())
        columns.append(
            ColumnFacts(
                name=f"{what} {place}",
                kind="empty" if not len(finite) else "integer" if whole else "numeric",
                missing=float(np.isnan(values).mean()),
                infinite=float(np.isinf(values).mean()),
                mean=float(finite.mean()) if len(finite) else None,
                std=float(finite.std()) if len(finite) else None,
                min=float(finite.min()) if len(finite) else None,
                max=float(finite.max()) if len(finite) else None,
                zeros=float((finite == 0.0).mean()) if len(finite) else None,
            )
        )
    return columns


def _range_note(columns: list[ColumnFacts], *, whole: bool) -> str:
    """Return what the range of values is, and whether they are normalised."""
    known = [one for one in columns if one.min is not None]
    if not known:
        return "No value is finite."
    low, high = min(one.min or 0.0 for one in known), max(one.max or 0.0 for one in known)
    centred = all(abs(one.mean or 0.0) < 0.5 and 0.4 < (one.std or 0.0) < 2.5 for one in known)
    said = f"Values lie between {low:.4g} and {high:.4g}"
    if whole and low >= 0.0 and 1.0 < high <= 255.0:
        return f"{said} and are whole: pixels as they are, not normalised. Divide by 255 and standardise each channel."
    if centred:
        return f"{said}, with means near 0 and standard deviations near 1: normalised."
    if low >= 0.0 and high <= 1.0:
        return f"{said}: scaled, but not centred."
    return f"{said}: not normalised."


def _tokens(x: Numbers) -> str:
    """Return what token sequences of one width hold: their vocabulary, and lengths where they are padded."""
    last = Counter(x[:, -1].tolist()).most_common(1)[0][0]
    padded = (x[:, -2:] == last).all(axis=1) if x.shape[1] > 1 else np.zeros(len(x), np.bool_)
    different = len(np.unique(x))
    if padded.mean() < PADDED:
        return f"Sequences of {x.shape[1]:,} tokens, {different:,} different ones in what was drawn."
    lengths = x.shape[1] - np.argmax(x[:, ::-1] != last, axis=1)
    lengths[(x == last).all(axis=1)] = 0
    return (
        f"Sequences of {lengths.min():,} to {lengths.max():,} tokens (median {int(np.median(lengths)):,}), padded to "
        f"{x.shape[1]:,} with {last}; {different:,} different tokens in what was drawn."
    )


def _task(drawn: Drawn) -> Task | None:
    held = _held(drawn)
    if held is None:
        return None
    if held.dtype.kind == "f":
        return "regression"
    classes = len(np.unique(held))
    if held.dtype.kind in "iu" and (int(held.min()) < 0 or int(held.max()) >= MAX_CLASSES or 2 * classes > len(held)):
        return None
    return "binary" if classes == 2 else "multiclass" if classes > 2 else None


def _target(drawn: Drawn, task: Task | None) -> TargetFacts:
    held = _held(drawn)
    if held is None or task is None:
        return TargetFacts()
    numbered = np.unique(held, return_inverse=True)[1] if task in {"binary", "multiclass"} else held
    return facts_of_arrays(np.zeros((len(held), 1)), numbered, task=task).target


def _held(drawn: Drawn) -> np.ndarray[Any, Any] | None:
    """Return the targets of all samples, else of those drawn."""
    if drawn.all_targets is not None:
        return drawn.all_targets
    return None if drawn.targets is None else np.asarray(drawn.targets)
