"""What has to happen before any framework is imported."""

from __future__ import annotations

import importlib.util

import torch

_OPERATORS = torch.library.Library("torchvision", "FRAGMENT")
if importlib.util.find_spec("torchvision"):
    # Its wheel is built for CUDA, so beside the CPU build of torch its compiled operators do not load. Transformers and
    # fastai import it all the same, and it imports once these two, which nothing here calls, are declared.
    for name in ("nms", "qnms"):
        _OPERATORS.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
