"""The model's forward pass over a batch of images of one size, with Hugging Face's own modules and weights.

Hugging Face's vision tower loops over the images of a batch; here they are one tensor, which is several times faster
on a CPU. A test holds this against the original.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import rms_norm
from transformers import AttentionInterface
from transformers.models.qwen3_vl.modeling_qwen3_vl import Qwen3VLTextRMSNorm
from transformers.vision_utils import get_vision_interpolation_indices_and_weights, get_vision_position_ids

from training.demo_model.architecture import PATCH

MERGE = 2


class FusedRmsNorm(Qwen3VLTextRMSNorm):
    """The same norm in one operator instead of five."""

    def forward(self, hidden_states: Tensor) -> Tensor:
        """Normalise the last dimension."""
        return rms_norm(hidden_states.float(), self.weight.shape, self.weight, self.variance_epsilon)


def make_fast(model: Any) -> None:  # noqa: ANN401
    """Give the model fused norms and attention as plain products; weights and names stay."""
    for module in model.modules():
        if type(module) is Qwen3VLTextRMSNorm:
            module.__class__ = FusedRmsNorm
    AttentionInterface.register("plain", _causal_attention)
    model.model.language_model.config._attn_implementation = "plain"  # noqa: SLF001 - Hugging Face's own switch


def cut(pixels: Tensor) -> Tensor:
    """uint8 [B, height, width, 3] -> [B, patches, values], ordered and normalised as Qwen3-VL's processor does."""
    batch, height, width, _ = pixels.shape
    values = pixels.float() / 127.5 - 1
    cells = values.reshape(batch, height // 32, MERGE, PATCH, width // 32, MERGE, PATCH, 3)
    ordered = cells.permute(0, 1, 4, 2, 5, 7, 3, 6)  # [B, row, column, row in it, column in it, channel, y, x]
    stills = ordered.reshape(batch, -1, 3, 1, PATCH, PATCH).expand(-1, -1, -1, 2, -1, -1)
    return stills.reshape(batch, -1, 3 * 2 * PATCH * PATCH)


def see(visual: Any, pixels: Tensor) -> tuple[Tensor, list[Tensor], Tensor]:  # noqa: ANN401
    """uint8 [B, H, W, 3] -> embeddings [B, T, D], deepstack levels of the same shape, last hidden states."""
    batch, height, width, _ = pixels.shape
    grid = torch.tensor([[1, height // PATCH, width // PATCH]])
    indices, weights = get_vision_interpolation_indices_and_weights(
        grid,
        num_grid_per_side=visual.num_grid_per_side,
        mode=visual.interpolation_mode,
        align_corners=visual.interpolation_align_corners,
        spatial_merge_size=MERGE,
        kwargs={},
    )
    where = get_vision_position_ids(grid, MERGE, kwargs={})
    projection = visual.patch_embed.proj
    kernel = projection.weight.flatten(1)
    hidden = nn.functional.linear(cut(pixels), kernel, projection.bias)
    hidden = hidden + (visual.pos_embed(indices) * weights[:, :, None]).sum(1)
    cos, sin = visual.rotary_pos_emb(hidden, where)  # [patches, head_dim]
    levels = []
    for number, block in enumerate(visual.blocks):
        hidden = hidden + _attend(block.attn, block.norm1(hidden), cos, sin)
        hidden = hidden + block.mlp(block.norm2(hidden))
        if number in visual.deepstack_visual_indexes:
            merger = visual.deepstack_merger_list[list(visual.deepstack_visual_indexes).index(number)]
            levels.append(merger(hidden.flatten(0, 1)).view(batch, -1, merger.linear_fc2.out_features))
    merged = visual.merger(hidden.flatten(0, 1)).view(batch, -1, visual.merger.linear_fc2.out_features)
    return merged, levels, hidden


def read(
    text: Any,  # noqa: ANN401
    tokens: Tensor,
    visual_start: int,
    embeddings: Tensor | None,
    levels: list[Tensor],
    grid: tuple[int, int],
) -> tuple[Tensor, list[Tensor]]:
    """Tokens [B, T] -> normalised last hidden states [B, T, D], and what every layer gave, of the same shape.

    The image's tokens stand at `visual_start` in every row; `grid` is its height and width in visual tokens.
    """
    hidden = text.embed_tokens(tokens)
    count = 0
    if embeddings is not None:
        count = embeddings.shape[1]
        hidden = torch.cat(
            [hidden[:, :visual_start], embeddings.to(hidden.dtype), hidden[:, visual_start + count :]], dim=1
        )
    cos, sin = text.rotary_emb(hidden, positions(tokens.shape[1], visual_start, grid if count else (0, 0))[:, None])
    given = []
    for number, layer in enumerate(text.layers):
        hidden = layer(hidden, attention_mask=None, position_embeddings=(cos, sin))
        if number < len(levels):
            padding = (0, 0, visual_start, hidden.shape[1] - visual_start - count)
            hidden = hidden + nn.functional.pad(levels[number].to(hidden.dtype), padding)
        given.append(hidden)
    return text.norm(hidden), given


def positions(length: int, visual_start: int, grid: tuple[int, int]) -> Tensor:
    """M-RoPE positions [3, length] of a prompt with one image (HF's get_rope_index)."""
    height, width = grid
    before = torch.arange(visual_start).expand(3, -1)
    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    image = torch.stack([torch.zeros(height * width, dtype=torch.long), rows.flatten(), columns.flatten()])
    after = torch.arange(length - visual_start - height * width) + max(height, width)
    return torch.cat([before, image + visual_start, after.expand(3, -1) + visual_start], dim=1)


def _attend(attention: Any, hidden: Tensor, cos: Tensor, sin: Tensor) -> Tensor:  # noqa: ANN401
    batch, length, width = hidden.shape
    heads = attention.num_heads
    q, k, v = attention.qkv(hidden).view(batch, length, 3, heads, -1).permute(2, 0, 3, 1, 4)  # [B, H, T, D]
    cos, sin = cos.to(q.dtype), sin.to(q.dtype)
    out = _attention(_turn(q, cos, sin), _turn(k, cos, sin), v, attention.scaling)
    projected: Tensor = attention.proj(out.transpose(1, 2).reshape(batch, length, width))
    return projected


def _turn(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    half = x.shape[-1] // 2
    return x * cos + torch.cat((-x[..., half:], x[..., :half]), dim=-1) * sin


def _attention(q: Tensor, k: Tensor, v: Tensor, scaling: float, mask: Tensor | None = None) -> Tensor:
    """Plain products: at these sizes torch's fused attention is two to three times slower on a CPU."""
    scores = q @ k.transpose(-1, -2) * scaling
    if mask is not None:
        scores = scores + mask
    return torch.softmax(scores, dim=-1) @ v


def _causal_attention(
    module: Any,  # noqa: ANN401
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,  # noqa: ARG001 - rows are padded behind their end alone
    scaling: float,
    **_others: Any,  # noqa: ANN401
) -> tuple[Tensor, None]:
    length, groups = query.shape[2], module.num_key_value_groups
    mask = torch.full((length, length), float("-inf"), dtype=query.dtype).triu(1)
    key, value = (x.repeat_interleave(groups, dim=1) for x in (key, value))
    return _attention(query, key, value, scaling, mask).transpose(1, 2), None
