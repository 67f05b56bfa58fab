"""Arrays to facts: what the model will see, exactly as it is, without any scaling of ours."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from advisor.facts import DataFacts, NoiseFacts, ScaleFacts, ShapeFacts, TargetFacts
from advisor.facts.names import Modality, Task
from advisor.profiling.conditioning import conditioning_of
from advisor.profiling.noise.estimate import estimate_noise

MAX_GRAM_FEATURES = 2_000
"""Judgement: beyond this many inputs the eigenvalues cost more than they say."""
BLOCK_NUMBERS = 1 << 19
"""Numbers whose shape is described at a time. Judgement: 4 MB, below what any job of torch takes."""


def facts_of_arrays(
    x: NDArray[np.generic],
    y: NDArray[np.generic] | None,
    *,
    rows: int | None = None,
    task: Task | None = None,
    name: str | None = None,
    seed: int = 0,
) -> DataFacts:
    """Describe samples that reach the model as they are.

    Args:
        x: samples, shape (rows, …): (rows, features) is a table, (rows, steps, features) or integer (rows, steps) a
            sequence, (rows, channels, height, width) images.
        y: one target per row, shape (rows,) or (rows, 1); None when there is none.
        rows: training rows, when ``x`` is only a part of them.
        task: what is predicted; None leaves it unknown.
        name: what to call the data in reports.
        seed: of the noise estimate.

    Returns:
        Facts with scale, shape, conditioning, target and, for tables, noise.
    """
    modality = _modality(x)
    tokens = np.issubdtype(x.dtype, np.integer) and x.ndim == 2 and modality == "text"
    target = _target(y, task)
    facts = DataFacts(
        name=name,
        modality=modality,
        task=task,
        rows=rows or len(x),
        features=int(np.prod(x.shape[1:])),
        encoded_features=int(np.prod(x.shape[1:])),
        sequence_length=x.shape[1] if modality in {"text", "sequence"} else None,
        vocabulary=int(x.max()) + 1 if tokens else None,
        target=target,
    )
    if tokens:
        return facts
    flat = x.reshape(len(x), -1).astype(np.float64)
    missing = ~np.isfinite(flat)
    flat[missing] = 0.0
    usable = task in {"regression", "binary", "multiclass"} and y is not None and modality == "tabular"
    return facts.model_copy(
        update={
            "numeric": flat.shape[1] if modality == "tabular" else None,
            "nonfinite": float(missing.mean()),
            "sparsity": float((flat == 0.0).mean()),
            "scale": _scale(flat),
            "shape": _shape(flat),
            "conditioning": conditioning_of(flat) if flat.shape[1] <= MAX_GRAM_FEATURES else facts.conditioning,
            "noise": estimate_noise(flat.astype(np.float32), np.ravel(y), task, seed=seed)  # type: ignore[arg-type]
            if usable
            else NoiseFacts(),
        }
    )


def _modality(x: NDArray[np.generic]) -> Modality:
    if x.ndim == 4:
        return "image"
    if x.ndim == 3:
        return "sequence"
    if x.ndim == 2:
        return "text" if np.issubdtype(x.dtype, np.integer) and x.dtype != np.bool_ and x.max() > 1 else "tabular"
    return "other"


def _blocks(flat: NDArray[np.float64]) -> Iterator[NDArray[np.float64]]:
    """Yield all columns, a few at a time, so that what is computed of them stays small."""
    width = max(1, BLOCK_NUMBERS // max(1, len(flat)))
    for start in range(0, flat.shape[1], width):
        yield flat[:, start : start + width]


def _scale(flat: NDArray[np.float64]) -> ScaleFacts:
    moments = [(block.mean(axis=0), block.std(axis=0)) for block in _blocks(flat)]
    mean, std = (np.concatenate(part) for part in zip(*moments, strict=True))
    varying = std > 1e-12 * np.maximum(1.0, np.abs(mean))
    if not varying.any():
        return ScaleFacts()
    mean, std = mean[varying], std[varying]
    near = (np.abs(mean) < 0.5) & (std > 0.4) & (std < 2.5)
    return ScaleFacts(
        ratio=float(std.max() / std.min()),
        max_abs=float(max(flat.max(), -flat.min())),
        rms=float(np.sqrt(np.vdot(flat, flat) / flat.size)),
        offset_ratio=float((np.abs(mean) / std).max()),
        standardized=bool(near.mean() > 0.8),
    )


def _shape(flat: NDArray[np.float64]) -> ShapeFacts:
    skews, kurtoses, furthest = [], [], []
    for block in _blocks(flat):
        std = block.std(axis=0)
        varying = std > 0
        if not varying.any():
            continue
        z = (block[:, varying] - block[:, varying].mean(axis=0)) / std[varying]
        furthest.append(np.abs(z).max())
        squares = z * z
        z *= squares
        squares *= squares
        skews.append(np.abs(z.mean(axis=0)).max())
        kurtoses.append((squares.mean(axis=0) - 3.0).max())
    if not furthest:
        return ShapeFacts()
    return ShapeFacts(max_skew=float(max(skews)), max_kurtosis=float(max(kurtoses)), max_z=float(max(furthest)))


def _target(y: NDArray[np.generic] | None, task: Task | None) -> TargetFacts:
    if y is None or not len(y):
        return TargetFacts()
    if task in {"binary", "multiclass"}:
        counts = np.unique(np.ravel(y), return_counts=True)[1]
        shares = counts / counts.sum()
        return TargetFacts(
            classes=len(counts),
            minority_share=float(shares.min()),
            imbalance=float(counts.max() / counts.min()),
            entropy=float(-(shares * np.log(shares)).sum()),
        )
    if task != "regression":
        return TargetFacts()
    values = y.astype(np.float64)
    mean, std = float(values.mean()), float(values.std())
    z = (values - mean) / std if std else np.zeros_like(values)
    return TargetFacts(
        mean=mean,
        std=std,
        offset_ratio=abs(mean) / std if std else None,
        skew=float((z**3).mean()),
        max_z=float(np.abs(z).max()),
        standardized=abs(mean) < 0.1 and 0.8 < std < 1.25,
        entropy=std**2,
    )
