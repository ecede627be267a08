"""The vision tower, after Hugging Face's modeling_qwen3_vl: patches in, image tokens and deepstack features out."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from app.domain.ports import CancelCheck, ProgressCallback
from app.engine.checkpoints.config import VisionConfig
from app.engine.checkpoints.weights import VISION
from app.engine.runtimes.memory import image_memory
from app.engine.runtimes.patch_positions import interpolated_position_embeddings, patch_positions
from app.engine.runtimes.port import Bytes
from app.engine.runtimes.rope import vision_cos_sin
from app.engine.runtimes.torch.apply_rope import apply_rope, on_device
from app.engine.runtimes.torch.tensor_bytes import bytes_of, tensor_of
from app.engine.runtimes.torch.weights import Weights

NORM_EPS = 1e-6
MAX_SCORES = 1 << 28
"""Maximum number of attention scores that are held at a time, half a gigabyte, on devices that hold them."""


@dataclass(frozen=True, slots=True)
class TorchVisionFeatures:
    """One image: `embeddings` [n, text hidden] and one tensor of the same shape for each deepstack layer."""

    embeddings: Tensor
    deepstack: tuple[Tensor, ...]

    @property
    def visual_tokens(self) -> int:
        """Number of image tokens in the prompt."""
        return self.embeddings.shape[0]

    def to_bytes(self) -> Bytes:
        """Return the embeddings, then the levels of deepstack, uint8 [N]."""
        return bytes_of(torch.stack([self.embeddings, *self.deepstack]))


@dataclass(frozen=True, slots=True)
class _Affine:
    """Weight and bias of a linear layer or of a layer norm."""

    weight: Tensor
    bias: Tensor

    def linear(self, x: Tensor) -> Tensor:
        return functional.linear(x, self.weight.to(x.dtype), self.bias.to(x.dtype))

    def norm(self, x: Tensor) -> Tensor:
        return functional.layer_norm(x, self.weight.shape, self.weight.to(x.dtype), self.bias.to(x.dtype), NORM_EPS)


@dataclass(frozen=True, slots=True)
class _Block:
    norm1: _Affine
    norm2: _Affine
    qkv: _Affine
    output: _Affine
    up: _Affine
    down: _Affine


@dataclass(frozen=True, slots=True)
class _Merger:
    """Merges windows of merge_size² patches into one token each; deepstack's mergers normalise after merging."""

    norm: _Affine
    up: _Affine
    down: _Affine
    norm_after_merge: bool

    def __call__(self, x: Tensor) -> Tensor:
        width = self.up.weight.shape[1]
        joined = self.norm.norm(x.reshape(-1, width)) if self.norm_after_merge else self.norm.norm(x).reshape(-1, width)
        return self.down.linear(functional.gelu(self.up.linear(joined)))


class VisionTower:
    """The vision tower's weights and computation; images are encoded one by one, so none attends to another.

    On a device that computes in float16, which ends at 65,504, the residual stream, the MLPs and the mergers are in 32
    bits: Qwen3-VL's linear_fc1 passes that number (https://github.com/unslothai/unsloth-zoo/pull/720).
    """

    def __init__(self, weights: Weights, config: VisionConfig, progress: ProgressCallback, check: CancelCheck) -> None:
        self._config = config
        self._device = weights.device
        self._wide = torch.float32 if weights.device.dtype is torch.float16 else weights.device.dtype
        self._patch = _Affine(
            weights.tensor(f"{VISION}.patch_embed.proj.weight").flatten(1),
            weights.tensor(f"{VISION}.patch_embed.proj.bias"),
        )
        self._positions = weights.tensor(f"{VISION}.pos_embed.weight")

        def affine(name: str) -> _Affine:
            return _Affine(weights.tensor(f"{VISION}.{name}.weight"), weights.tensor(f"{VISION}.{name}.bias"))

        self._blocks: list[_Block] = []
        for index in range(config.depth):
            check()
            self._blocks.append(_load_block(affine, f"blocks.{index}"))
            progress((index + 1) / config.depth)
        self._merger = _load_merger(affine, "merger", norm_after_merge=False)
        self._deepstack = {
            layer: _load_merger(affine, f"deepstack_merger_list.{index}", norm_after_merge=True)
            for index, layer in enumerate(config.deepstack_layers)
        }

    def memory(self, patches: int) -> int:
        """Return the bytes that an image of so many patches takes, an estimate."""
        return image_memory(self._config, patches, self._wide.itemsize)

    def encode(
        self, pixels: Tensor, grid: tuple[int, int, int], progress: ProgressCallback, check: CancelCheck
    ) -> TorchVisionFeatures:
        """Patches float32 [t*h*w, patch values] of one image with grid (t, h, w) -> its features."""
        rows, columns = patch_positions(grid, self._config.merge_size)
        indices, bilinear_weights = (
            torch.from_numpy(x) for x in interpolated_position_embeddings(rows, columns, grid, self._config)
        )
        hidden = self._patch.linear(pixels.to(self._device.device, self._device.dtype))
        corners = self._positions[indices.to(hidden.device)] * bilinear_weights.to(
            hidden.device, hidden.dtype
        ).unsqueeze(2)
        hidden = (hidden + corners.sum(0)).to(self._wide)
        cosines, sines = on_device(vision_cos_sin(rows, columns, self._config), corners)
        deepstack = []
        for index, block in enumerate(self._blocks):
            check()
            hidden = hidden + self._attend(block, hidden, cosines, sines)
            inner = functional.gelu(block.up.linear(block.norm2.norm(hidden)), approximate="tanh")
            hidden = hidden + block.down.linear(inner)
            if index in self._deepstack:
                deepstack.append(self._deepstack[index](hidden).to(self._device.dtype))
            progress((index + 1) / len(self._blocks))
        return TorchVisionFeatures(self._merger(hidden).to(self._device.dtype), tuple(deepstack))

    def features_from(self, data: Bytes, visual_tokens: int) -> TorchVisionFeatures:
        """Return the features of `TorchVisionFeatures.to_bytes`. Raises ValueError if they have another size."""
        shape = (1 + len(self._config.deepstack_layers), visual_tokens, self._config.out_hidden_size)
        embeddings, *deepstack = tensor_of(data, shape, self._device.dtype).to(self._device.device)
        return TorchVisionFeatures(embeddings, tuple(deepstack))

    def _attend(self, block: _Block, hidden: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:
        heads = self._config.heads
        # [patches, 3 * hidden] -> three of [heads, patches, head_dim]
        normed = block.norm1.norm(hidden).to(self._device.dtype)
        qkv = block.qkv.linear(normed).view(len(hidden), 3, heads, -1).permute(1, 2, 0, 3)
        queries, keys = apply_rope(qkv[:2], cosines, sines)
        size = max(1, MAX_SCORES // (heads * len(hidden))) if self._device.keeps_scores else len(hidden)
        attended = [
            functional.scaled_dot_product_attention(some[None], keys[None], qkv[2][None])
            for some in queries.split(size, dim=1)
        ]
        return block.output.linear(torch.cat(attended, dim=2)[0].transpose(0, 1).flatten(1))


def _load_block(affine: Callable[[str], _Affine], prefix: str) -> _Block:
    return _Block(
        norm1=affine(f"{prefix}.norm1"),
        norm2=affine(f"{prefix}.norm2"),
        qkv=affine(f"{prefix}.attn.qkv"),
        output=affine(f"{prefix}.attn.proj"),
        up=affine(f"{prefix}.mlp.linear_fc1"),
        down=affine(f"{prefix}.mlp.linear_fc2"),
    )


def _load_merger(affine: Callable[[str], _Affine], prefix: str, *, norm_after_merge: bool) -> _Merger:
    return _Merger(
        affine(f"{prefix}.norm"), affine(f"{prefix}.linear_fc1"), affine(f"{prefix}.linear_fc2"), norm_after_merge
    )
