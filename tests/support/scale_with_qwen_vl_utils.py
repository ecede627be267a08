"""Scale images with qwen-vl-utils, in a process of its own: `FOLDER_OF_TORCHVISION MAX_PIXELS OUT.npz IMAGE...`."""

import sys
from pathlib import Path

import numpy as np

from tests.support import torchvision_aside

torchvision_aside.make_importable(sys.argv[1])

from app.engine.generation import image_patches
from app.engine.imaging.open_image import open_image

if __name__ == "__main__":
    max_pixels, out, images = int(sys.argv[2]), sys.argv[3], sys.argv[4:]
    if not image_patches.has_qwen_vl_utils():
        sys.exit("qwen-vl-utils is not chosen although torchvision can be imported")
    scaled = [image_patches.scale_image(open_image(Path(path)), 65536, max_pixels, 16) for path in images]
    np.savez(out, *(np.asarray(image) for image in scaled))
