"""A bounded number of samples from tensors, data sets and loaders, however large these are."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from advisor.errors import DataError

MOST_SAMPLES = 2_000
"""Judgement: a mean is then known to a fortieth of a standard deviation, 1/√2000, and reading takes seconds."""
MOST_VALUES = 8_000_000
"""Values drawn at most. Judgement: 64 MB; large images need fewer samples, since each holds many pixels."""

_INPUTS = ("x", "input_ids", "pixel_values", "input_values", "inputs", "input", "image", "images", "text", "data")
_TARGETS = ("y", "labels", "label", "targets", "target")
_ALL_TARGETS = ("targets", "labels", "_labels", "y")


@dataclass(frozen=True, slots=True)
class Drawn:
    """Samples drawn from a source.

    Attributes:
        inputs: arrays or texts, one per sample.
        targets: numbers or words, one per sample; None when there are none.
        total: samples in the source; None: it does not say.
        batch_size: the loader's own.
        all_targets: of every sample, where the source holds them as one array.
    """

    inputs: list[Any]
    targets: list[Any] | None
    total: int | None
    batch_size: int | None = None
    all_targets: np.ndarray[Any, Any] | None = None


def holds_samples(source: Any) -> bool:
    """Return whether a source is a loader, a data set or arrays beyond rows and columns, rather than a table."""
    if isinstance(source, tuple) and len(source) == 2:
        return getattr(source[0], "ndim", 0) > 2
    if getattr(source, "ndim", 0) > 2:
        return True
    if isinstance(source, str | bytes | Mapping | list | tuple | np.ndarray) or hasattr(source, "__arrow_c_stream__"):
        return False
    package = type(source).__module__.split(".")[0]
    if package in {"datasets", "scipy", "pyarrow", "pandas", "polars", "duckdb"} or hasattr(source, "columns"):
        return False
    return _is_loader(source) or (hasattr(source, "__getitem__") and hasattr(source, "__len__")) or _is_stream(source)


def draw(source: Any, seed: int) -> Drawn:
    """Return samples drawn from a source, evenly where it can be indexed and the first ones elsewhere.

    Raises:
        DataError: it is empty, or its samples are nothing that can be described.
    """
    if isinstance(source, tuple) and len(source) == 2:
        return _of_arrays(source[0], source[1], seed)
    if getattr(source, "ndim", 0) > 2:
        return _of_arrays(source, None, seed)
    dataset, batch_size = (source.dataset, source.batch_size) if _is_loader(source) else (source, None)
    total = _length(source.sampler) if _is_loader(source) else None
    total = total if total is not None else _length(dataset)
    if total == 0:
        raise DataError(f"a {type(source).__name__} holds no sample; there is nothing to describe")
    with _random_states_kept():
        items = list(_items(dataset, seed))
    if not items:
        raise DataError(f"a {type(source).__name__} yields no sample; there is nothing to describe")
    pairs = [_pair(item) for item in items]
    targets = [target for _, target in pairs]
    known = None if any(target is None for target in targets) else targets
    return Drawn([x for x, _ in pairs], known, total, batch_size, _all_targets(dataset, _length(dataset)))


def _of_arrays(x: Any, y: Any, seed: int) -> Drawn:
    total = len(x)
    if not total:
        raise DataError("an array without a sample; there is nothing to describe")
    if y is not None and len(y) != total:
        raise DataError(f"X has {total} samples and y has {len(y)}; they need one target per sample")
    rows = _picked(total, int(np.prod(x.shape[1:])), seed)
    held = _array(y) if y is not None else None
    usable = held is not None and held.size == total
    targets = held.reshape(-1) if held is not None and usable else None
    return Drawn(
        [_array(x[row]) for row in rows],
        None if targets is None else targets[rows].tolist(),
        total,
        None,
        targets,
    )


def _items(dataset: Any, seed: int) -> Iterator[Any]:
    length = _length(dataset)
    if length is not None and hasattr(dataset, "__getitem__"):
        first = dataset[0]
        size = int(np.size(_pair(first)[0]))
        yield from (dataset[row] for row in _picked(length, size, seed))
        return
    values = 0
    for item in islice(dataset, MOST_SAMPLES):
        yield item
        values += int(np.size(_pair(item)[0]))
        if values > MOST_VALUES:
            return


def _picked(total: int, size: int, seed: int) -> list[int]:
    """Return sorted positions, as many as may be drawn; of a range, however long, that costs no more than they are."""
    most = min(MOST_SAMPLES, max(2, MOST_VALUES // max(size, 1)))
    if total <= most:
        return list(range(total))
    return sorted(random.Random(seed).sample(range(total), most))  # noqa: S311 - not for secrets


def _pair(item: Any) -> tuple[Any, Any]:
    """Return input and target of a sample, by place, key or attribute."""
    if isinstance(item, Mapping):
        found = (
            next((item[key] for key in _INPUTS if key in item), None),
            next((item[key] for key in _TARGETS if key in item), None),
        )
        if found[0] is None:
            listed = ", ".join(map(str, list(item)[:8]))
            raise DataError(
                f"samples are mappings of {listed}; none of these is known as an input ({', '.join(_INPUTS)})"
            )
        return _value(found[0]), _target(found[1])
    if isinstance(item, tuple | list) and item:
        return _value(item[0]), _target(item[1]) if len(item) > 1 else None
    if getattr(item, "x", None) is not None and not hasattr(item, "__array__"):
        return _value(item.x), _target(getattr(item, "y", None))
    return _value(item), None


def _value(value: Any) -> Any:
    return value if isinstance(value, str) else _array(value)


def _target(value: Any) -> Any:
    if value is None or isinstance(value, str):
        return value
    try:
        held = _array(value)
    except DataError:
        return None
    return held.reshape(-1)[0].item() if held.size == 1 else None


def _array(value: Any) -> np.ndarray[Any, Any]:
    """Return a tensor on any device, a picture, a list or a number as numpy."""
    if hasattr(value, "detach"):
        value = value.detach().cpu()
        value = (value.float() if "bfloat16" in str(value.dtype) else value).numpy()
    try:
        held = np.asarray(value)
    except (TypeError, ValueError) as error:
        raise DataError(f"a sample holds {type(value).__name__}, which is not an array of numbers") from error
    if held.dtype.kind not in "biuf":
        raise DataError(f"a sample holds {type(value).__name__}, which is not an array of numbers")
    return held


def _all_targets(dataset: Any, total: int | None) -> np.ndarray[Any, Any] | None:
    """Return the targets of all samples where the data set holds them at hand."""
    found = next((getattr(dataset, name) for name in _ALL_TARGETS if getattr(dataset, name, None) is not None), None)
    tensors = getattr(dataset, "tensors", None)
    if found is None and isinstance(tensors, Sequence) and len(tensors) == 2:
        found = tensors[1]
    try:
        held = None if found is None else _array(found)
    except DataError:
        return None
    return held.reshape(-1) if held is not None and held.size == total else None


def _is_loader(source: Any) -> bool:
    return hasattr(source, "dataset") and hasattr(source, "batch_size") and hasattr(source, "sampler")


def _is_stream(source: Any) -> bool:
    return isinstance(source, Iterable) and type(source).__module__ != "builtins"


def _length(source: Any) -> int | None:
    try:
        return len(source)
    except TypeError:
        return None


@contextmanager
def _random_states_kept() -> Iterator[None]:
    """Leave the generators of this process as they are: a data set may draw from them for each sample."""
    torch = sys.modules.get("torch")
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002 - the user's own
    tensor = torch.get_rng_state() if torch is not None else None
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)  # noqa: NPY002
        if torch is not None:
            torch.set_rng_state(tensor)
