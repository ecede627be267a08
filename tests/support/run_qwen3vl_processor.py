"""Prompts by transformers' own Qwen3-VL processor: `FOLDER_OF_TORCHVISION TOKENIZER.json CASES.json OUT.npz`.

In a process of its own, for videos need torchvision. A case is {"turns": [{"role", "text", "media"}], "max_pixels",
"max_frames", "is_unfinished"}; a medium is {"size": [w, h]} or also {"frames", "fps"}. Of case N the file gets `N.ids`
[T], `N.positions` [3, T], and `N.grids`, one [t, h, w] for each medium.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from tests.support import torchvision_aside

torchvision_aside.make_importable(sys.argv[1])

from transformers import PreTrainedTokenizerFast, Qwen3VLConfig
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil
from transformers.models.qwen3_vl.modeling_qwen3_vl import Qwen3VLModel
from transformers.models.qwen3_vl.processing_qwen3_vl import Qwen3VLProcessor
from transformers.models.qwen3_vl.video_processing_qwen3_vl import Qwen3VLVideoProcessor
from transformers.video_utils import VideoMetadata

TEMPLATE = Path(__file__).with_name("qwen3vl_chat_template.jinja")
"""Of Qwen3-VL's Instruct models, as several public copies of their chat_template.json agree."""
WRAPPED_VIDEO, VIDEO = "<|vision_start|><|video_pad|><|vision_end|>", "<|video_pad|>"
MIN_PIXELS, MIN_VIDEO_PIXELS = 65536, 4096
"""`size.shortest_edge` of the published preprocessor_config.json and video_preprocessor_config.json."""
_HALF = [0.5, 0.5, 0.5]


class Processor:
    """The published processor with the limits of one case after the other."""

    def __init__(self, tokenizer: str) -> None:
        create: Any = PreTrainedTokenizerFast
        self._tokenizer = create(tokenizer_file=tokenizer)
        with torch.device("meta"):
            make: Any = Qwen3VLModel
            self._model = make(Qwen3VLConfig())

    def run(self, case: dict[str, Any]) -> tuple[list[int], np.ndarray, list[list[int]]]:
        """The ids, positions and grids of a case."""
        media = [medium for turn in case["turns"] for medium in turn["media"]]
        images = [Image.new("RGB", tuple(medium["size"])) for medium in media if "frames" not in medium]
        videos = [medium for medium in media if "frames" in medium]
        inputs: dict[str, Any] = {"text": [self._rendered(case)], "images": images or None}
        if videos:
            inputs["videos"] = [
                torch.zeros(video["frames"], 3, video["size"][1], video["size"][0], dtype=torch.uint8)
                for video in videos
            ]
            inputs["video_metadata"] = [
                VideoMetadata(total_num_frames=video["frames"], fps=video["fps"]) for video in videos
            ]
        made = self._processor(case)(**inputs)
        ids, kinds = torch.tensor(made["input_ids"]), torch.tensor(made["mm_token_type_ids"])
        grids = {name: torch.as_tensor(made[name]) for name in ("image_grid_thw", "video_grid_thw") if name in made}
        positions, _ = self._model.get_rope_index(ids, kinds, **grids)
        still, moving = (
            iter(grids.get(name, torch.zeros(0, 3)).tolist()) for name in ("image_grid_thw", "video_grid_thw")
        )
        return ids[0].tolist(), positions[:, 0].numpy(), [next(moving if "frames" in one else still) for one in media]

    def _rendered(self, case: dict[str, Any]) -> str:
        messages = []
        for turn in case["turns"]:
            media = [{"type": "video" if "frames" in medium else "image"} for medium in turn["media"]]
            text = turn["text"]
            content = [*media, {"type": "text", "text": text}] if media else text
            messages.append({"role": turn["role"], "content": content})
        text = self._tokenizer.apply_chat_template(
            messages,
            chat_template=TEMPLATE.read_text(encoding="utf-8"),
            tokenize=False,
            add_generation_prompt=not case["is_unfinished"],
            continue_final_message=case["is_unfinished"],
        )
        # The processor that Qwen3-VL was published with (transformers 4.57) replaced the three tokens by those of the
        # frames; since 5.10 it replaces the middle one alone, and two that the model was not trained with stay.
        return str(text).replace(WRAPPED_VIDEO, VIDEO)

    def _processor(self, case: dict[str, Any]) -> Any:  # noqa: ANN401 - transformers is not typed
        pil: Any = Qwen2VLImageProcessorPil
        video: Any = Qwen3VLVideoProcessor
        whole: Any = Qwen3VLProcessor
        size = {"shortest_edge": min(MIN_PIXELS, case["max_pixels"]), "longest_edge": case["max_pixels"]}
        of_images = pil(size=size, patch_size=16, image_mean=_HALF, image_std=_HALF)
        # A pair of frames becomes one image for the model, so that a video has twice the pixels in as many tokens.
        size = {"shortest_edge": MIN_VIDEO_PIXELS, "longest_edge": 2 * case["max_pixels"]}
        limits = {"max_frames": case["max_frames"], "cap_pixels_per_frame": True}
        return whole(of_images, self._tokenizer, video(size=size, image_mean=_HALF, image_std=_HALF, **limits))


if __name__ == "__main__":
    _, _, tokenizer, cases, out = sys.argv
    processor = Processor(tokenizer)
    arrays: dict[str, Any] = {}
    for number, case in enumerate(json.loads(Path(cases).read_text(encoding="utf-8"))):
        for name, values in zip(("ids", "positions", "grids"), processor.run(case), strict=True):
            arrays[f"{number}.{name}"] = np.array(values, np.int64)
    np.savez(out, **arrays)
