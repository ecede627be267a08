"""Scale images with qwen-vl-utils, in a process of its own: `FOLDER_OF_TORCHVISION MAX_PIXELS OUT.npz IMAGE...`.

PyPI's torchvision is built for CUDA; beside torch's CPU build it imports once two operators of its C++ library, which
scaling does not use, are declared.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch

create: Any = torch.library.Library
library = create("torchvision", "DEF")
library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
sys.path.append(sys.argv[1])

from app.engine.generation import image_patches
from app.engine.imaging.open_image import open_image

if __name__ == "__main__":
    max_pixels, out, images = int(sys.argv[2]), sys.argv[3], sys.argv[4:]
    if not image_patches._has_qwen_vl_utils():
        sys.exit("qwen-vl-utils is not chosen although torchvision can be imported")
    scaled = [image_patches.scale_image(open_image(Path(path)), 65536, max_pixels, 16) for path in images]
    np.savez(out, *(np.asarray(image) for image in scaled))
