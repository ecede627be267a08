"""The command `transformers`, in a process of its own: `FOLDER_OF_TORCHVISION ARGUMENT...`.

Qwen3-VL's processor wants torchvision, for videos. Images are decoded by Pillow, because torchvision's decoder is part
of its C++ library, which does not load beside every build of torch.
"""

import sys
from typing import Any

from tests.support import torchvision_aside

torchvision_aside.make_importable(sys.argv.pop(1))

from transformers.cli import transformers as command
from transformers.models.auto import image_processing_auto

image_processing_auto.DEFAULT_TO_PIL_BACKEND_IMAGE_PROCESSORS.append("Qwen2VLImageProcessor")

if __name__ == "__main__":
    main: Any = command.main
    main()
