"""Hugging Face's own Qwen3-VL with the weights of a checkpoint, dequantised here in the plainest way: what is true."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor

from tests.support.tiny_checkpoint import PREPROCESSOR
from tests.support.tiny_model import quiet


def dequantized_state(folder: Path) -> dict[str, Tensor]:
    """All weights of a checkpoint in float32: GPTQ's w[k, n] = (q[k, n] - (zero + 1)) * scale[k // group, n]."""
    state = {name: tensor for file in sorted(folder.glob("*.safetensors")) for name, tensor in load_file(file).items()}
    for packed in [name for name in state if name.endswith(".qweight")]:
        name = packed.removesuffix(".qweight")
        integers, zeros, scales = state.pop(packed), state.pop(f"{name}.qzeros"), state.pop(f"{name}.scales").float()
        state.pop(f"{name}.g_idx", None)
        q = torch.stack([(integers >> shift) & 15 for shift in range(0, 32, 4)], dim=1).flatten(0, 1)
        zero = torch.stack([(zeros >> shift) & 15 for shift in range(0, 32, 4)], dim=2).flatten(1, 2) + 1
        group = torch.arange(len(q)) // (len(q) // len(scales))
        state[f"{name}.weight"] = ((q - zero[group]).float() * scales[group]).t().contiguous()
    return {name: tensor.float() for name, tensor in state.items()}


@dataclass(frozen=True, slots=True)
class Continuation:
    """The greedy answer: tokens [steps], and the float32 logits [steps, V] that each was drawn from."""

    tokens: list[int]
    logits: npt.NDArray[np.float32]


class Reference:
    """Hugging Face's model in float32."""

    def __init__(self, folder: Path) -> None:
        from transformers import Qwen3VLConfig, Qwen3VLForConditionalGeneration  # noqa: PLC0415

        raw = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        raw.pop("quantization_config", None)
        create: Any = Qwen3VLForConditionalGeneration
        with quiet():
            self.model = create(Qwen3VLConfig(**raw)).float().eval()
            state = dequantized_state(folder)
            state.setdefault("lm_head.weight", state["model.language_model.embed_tokens.weight"])
            self.model.load_state_dict(state, strict=True)
        self._image_token: int = raw["image_token_id"]
        self._video_token: int = raw["video_token_id"]

    def pixels(self, images: Sequence[Image.Image], max_pixels: int) -> tuple[Tensor, Tensor]:
        """Hugging Face's patches of images [patches, values], and their grids [images, 3]."""
        from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import (  # noqa: PLC0415
            Qwen2VLImageProcessorPil,
        )

        create: Any = Qwen2VLImageProcessorPil
        size = {"shortest_edge": PREPROCESSOR["size"]["shortest_edge"], "longest_edge": max_pixels}
        named = ("patch_size", "temporal_patch_size", "merge_size", "image_mean", "image_std")
        made = create(size=size, **{name: PREPROCESSOR[name] for name in named})(images=images, return_tensors="pt")
        return made["pixel_values"], made["image_grid_thw"]

    def video(self, frames: Sequence[Image.Image]) -> tuple[Tensor, Tensor]:
        """Hugging Face's patches of frames that need no scaling [patches, values], and their grid [1, 3]."""
        from transformers.models.qwen3_vl.video_processing_qwen3_vl import Qwen3VLVideoProcessor  # noqa: PLC0415

        pixels = torch.from_numpy(np.stack([np.asarray(frame) for frame in frames])).permute(0, 3, 1, 2)
        mean, std = (torch.tensor(PREPROCESSOR[name])[:, None, None] for name in ("image_mean", "image_std"))
        # Only the cutting is theirs here: the rest of the class needs torchvision.
        cut: Any = Qwen3VLVideoProcessor.patchify
        sizes = {name: PREPROCESSOR[name] for name in ("patch_size", "merge_size", "temporal_patch_size")}
        patches, *grid = cut(None, ((pixels / 255 - mean) / std)[None], **sizes)
        return patches[0], torch.tensor([grid])

    def answer_video(self, token_ids: npt.NDArray[np.int64], pixels: tuple[Tensor, Tensor], steps: int) -> Continuation:
        """The same for a prompt with one video."""
        tokens = torch.from_numpy(token_ids)[None]
        kinds = 2 * (tokens == self._video_token).long()
        inputs = {"mm_token_type_ids": kinds, "pixel_values_videos": pixels[0], "video_grid_thw": pixels[1]}
        return self._continue(tokens, inputs, steps)

    def answer(
        self, token_ids: npt.NDArray[np.int64], pixels: tuple[Tensor, Tensor] | None, steps: int
    ) -> Continuation:
        """The likeliest `steps` tokens after `token_ids` [T]; positions are Hugging Face's own."""
        tokens = torch.from_numpy(token_ids)[None]
        inputs: dict[str, Any] = {"mm_token_type_ids": (tokens == self._image_token).long()}
        if pixels is not None:
            inputs |= {"pixel_values": pixels[0], "image_grid_thw": pixels[1]}
        return self._continue(tokens, inputs, steps)

    def all_logits(self, token_ids: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        """The logits after each token of a text, float32 [T, V]."""
        tokens = torch.from_numpy(token_ids)[None]
        with torch.no_grad(), quiet():
            logits: npt.NDArray[np.float32] = self.model(input_ids=tokens).logits[0].numpy()
        return logits

    def _continue(self, tokens: Tensor, inputs: dict[str, Any], steps: int) -> Continuation:
        drawn, rows, cache = [], [], None
        with torch.no_grad(), quiet():
            for _ in range(steps):
                output = self.model(input_ids=tokens, past_key_values=cache, use_cache=True, **inputs)
                cache, inputs = output.past_key_values, {}
                rows.append(output.logits[0, -1])
                drawn.append(int(rows[-1].argmax()))
                tokens = torch.tensor([[drawn[-1]]])
        return Continuation(drawn, torch.stack(rows).numpy())
