"""A vision tower whose MLPs pass the end of float16, as Qwen3-VL's do, on devices whose 16 bits are float16."""

import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file

from app.domain.ports import NEVER_CANCELLED, NO_PROGRESS
from app.engine.checkpoints.open_checkpoint import Checkpoint, open_checkpoint
from app.engine.runtimes.openvino.constants import Constants
from app.engine.runtimes.openvino.vision_graph import vision_graphs
from app.engine.runtimes.torch.devices import Device
from app.engine.runtimes.torch.vision import VisionTower
from app.engine.runtimes.torch.weights import Weights
from app.engine.runtimes.weight_cache import WeightCache
from tests.engine.conftest import TinyCheckpoint
from tests.support.tiny_checkpoint import Layout

FACTOR = 2.0**17
"""By which linear_fc1 is larger; 2 ** -17 of linear_fc2 keeps its part of the residual small enough."""


@pytest.fixture(scope="module")
def checkpoint(tiny_checkpoint: TinyCheckpoint, tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    folder = tmp_path_factory.mktemp("wide") / "model"
    shutil.copytree(tiny_checkpoint(Layout.PLAIN), folder)
    path = folder / "model.safetensors"
    state = load_file(path)
    for name in state:
        if "visual.blocks" in name:
            state[name] = state[name] * (
                FACTOR if "linear_fc1" in name else 1 / FACTOR if "linear_fc2.w" in name else 1
            )
    save_file(state, path, metadata={"format": "pt"})
    return open_checkpoint(folder)


def features(checkpoint: Checkpoint, dtype: torch.dtype) -> torch.Tensor:
    device = Device(torch.device("cpu"), dtype, None, "", "")
    tower = VisionTower(Weights(checkpoint, device), checkpoint.config.vision, NO_PROGRESS, NEVER_CANCELLED)
    pixels = torch.randn(64, checkpoint.config.vision.patch_values, generator=torch.Generator().manual_seed(0))
    found = tower.encode(pixels, (1, 8, 8), NO_PROGRESS, NEVER_CANCELLED)
    return torch.stack((found.embeddings, *found.deepstack)).float()


def test_features_in_float16_are_finite_and_right(checkpoint: Checkpoint) -> None:
    expected, ours = (features(checkpoint, dtype) for dtype in (torch.float32, torch.float16))
    assert ours.isfinite().all()
    assert torch.nn.functional.cosine_similarity(expected.flatten(), ours.flatten(), dim=0) > 0.9999


def test_the_weights_are_such_that_float16_ends(checkpoint: Checkpoint) -> None:
    """Without 32 bits nothing would be finite: what this checkpoint is for."""
    rows = load_file(checkpoint.folder / "model.safetensors")["model.visual.blocks.0.mlp.linear_fc1.weight"]
    normed = torch.nn.functional.layer_norm(torch.randn(8, rows.shape[1]), rows.shape[1:])
    assert (normed @ rows.float().t()).half().isinf().any()


def test_the_graph_keeps_them_in_32_bits(checkpoint: Checkpoint) -> None:
    """CPUs without float16 cannot run it so; OpenVINO's mark says what a GPU's plugin must leave in 32 bits."""
    marked: dict[str, int] = {}
    for section in vision_graphs(Constants(checkpoint, WeightCache()), checkpoint.config.vision):
        for node in section.get_ops():
            if "precise_0" in node.get_rt_info():
                marked[node.get_type_name()] = marked.get(node.get_type_name(), 0) + 1
    depth = checkpoint.config.vision.depth
    assert marked == {"MatMul": 2 * depth, "Add": 4 * depth, "Gelu": depth}
