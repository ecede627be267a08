"""torchvision where packaging/check.sh puts it: beside the packages, so that nothing else sees it."""

import sys
from typing import Any

import torch


def make_importable(folder: str) -> None:
    """Let this process import torchvision from `folder`.

    PyPI's torchvision is built for CUDA; beside torch's CPU build it imports once two operators of its C++ library,
    which is not loaded then, are declared.
    """
    if sys.platform == "linux" and torch.version.cuda is None:
        create: Any = torch.library.Library
        library = create("torchvision", "DEF")
        library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        _kept.append(library)
    sys.path.append(folder)


_kept: list[object] = []
"""Operators are gone with the library that declares them."""
