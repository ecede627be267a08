"""Training with the weights that the quantised model will have.

In the last part of the training the text decoder's linear layers compute with their weights rounded as AutoRound rounds
them (auto_round/data_type/int.py, `quant_tensor_rtn_sym`: one signed scale for 128 weights along the inputs, the
largest of them at -8), while the gradient passes to the unrounded ones. So the 4-bit model loses nothing.
"""

from typing import Any

import torch
from torch import Tensor, nn

GROUP, LARGEST = 128, 8


class RoundingLinear(nn.Linear):
    """A linear layer that rounds its weights while `rounds` is set."""

    rounds = False

    def forward(self, inputs: Tensor) -> Tensor:
        """[..., in] -> [..., out]."""
        weight = self.weight + (rounded(self.weight.detach()) - self.weight.detach()) if self.rounds else self.weight
        return nn.functional.linear(inputs, weight, self.bias)


def rounded(weight: Tensor) -> Tensor:
    """The 4-bit values of `weight` [out, in], as numbers of its own kind."""
    groups = weight.reshape(len(weight), -1, GROUP)
    least, most = groups.amin(-1, keepdim=True).clamp(max=0), groups.amax(-1, keepdim=True).clamp(min=0)
    scale = torch.where(most < -least, -least, -most) / LARGEST
    scale = scale.half().float()
    scale = torch.where(scale < 0, scale.clamp(max=-1e-5), scale.clamp(min=1e-5))
    numbers = (groups / scale).round().clamp(-LARGEST, LARGEST - 1)
    return (numbers * scale).reshape(weight.shape)


def make_rounding(text: nn.Module) -> list[RoundingLinear]:
    """Turn the linear layers of the text decoder into rounding ones and return them."""
    layers: list[RoundingLinear] = []
    for module in text.modules():
        if type(module) is nn.Linear:
            made: Any = module
            made.__class__ = RoundingLinear
            layers.append(made)
    return layers
