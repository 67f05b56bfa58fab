"""Arrays of ``.npy`` and ``.npz`` files as tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from advisor.errors import DataError

_FEATURES = ("x", "x_train", "xtrain", "data", "features")
_TARGETS = ("y", "y_train", "ytrain", "target", "targets", "label", "labels")


def load_arrays(path: Path, wanted: str | None) -> tuple[Any, tuple[str, ...]]:
    """Return the array of a file, a pair (X, y) or columns by name; and the names of these arrays.

    Args:
        path: of the file.
        wanted: name of an array of several.

    Raises:
        DataError: it cannot be read, or which of its arrays is meant is open.
    """
    try:
        loaded = np.load(path, mmap_mode="r", allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            return loaded, ()
        with loaded:
            return _chosen({name: loaded[name] for name in loaded.files}, path.name, wanted)
    except (OSError, ValueError, EOFError) as error:
        objects = "bject" in str(error)
        what = "holds Python objects, which may run code when read; save plain numbers" if objects else str(error)
        raise DataError(f"{path.name}: cannot be read ({what})") from error


def _chosen(arrays: dict[str, Any], name: str, wanted: str | None) -> tuple[Any, tuple[str, ...]]:
    if wanted is not None:
        if wanted not in arrays:
            raise DataError(f"{name}: holds no array {wanted!r}; it holds {', '.join(arrays)}")
        return arrays[wanted], (wanted,)
    if len(arrays) == 1:
        return next(iter(arrays.values())), tuple(arrays)
    lowered = {key.lower(): key for key in arrays}
    x = next((lowered[key] for key in _FEATURES if key in lowered), None)
    y = next((lowered[key] for key in _TARGETS if key in lowered), None)
    if x is not None and y is not None and len(arrays[x]) == len(arrays[y]):
        return (arrays[x], arrays[y]), (x, y)
    if all(array.ndim == 1 for array in arrays.values()) and len({len(array) for array in arrays.values()}) == 1:
        return arrays, tuple(arrays)
    shapes = ", ".join(f"{key} {array.shape}" for key, array in arrays.items())
    raise DataError(f"{name}: holds several arrays ({shapes}); say which with --table")
