"""The OpenVINO graphs hold the checkpoint's weights bit for bit; the screening head says what the whole one would."""

from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt
import openvino as ov
import pytest

from app.domain.settings.load_options import LoadOptions
from app.engine.checkpoints.arrays import stored_array
from app.engine.checkpoints.open_checkpoint import Checkpoint, open_checkpoint
from app.engine.checkpoints.tensor_files import TensorEntry, TensorFiles
from app.engine.checkpoints.weights import TEXT
from app.engine.runtimes.openvino.constants import Constants
from app.engine.runtimes.openvino.devices import CPU, cpu_has_16_bits
from app.engine.runtimes.openvino.kv_cache import BlockTable
from app.engine.runtimes.openvino.runtime import OpenVinoRuntime
from app.engine.runtimes.openvino.text_graph import text_graph
from app.engine.runtimes.openvino.vision_graph import vision_graphs
from app.engine.runtimes.shortlist_head import CANDIDATES, GROUP, ShortlistHead, rounded_to_int4
from app.engine.runtimes.weight_cache import WeightCache
from tests.engine.conftest import TinyCheckpoint
from tests.support.gptq import Integers, checkpoint_integers, integers_of_pairs
from tests.support.tiny_checkpoint import Layout

EMBEDDING = f"{TEXT}.embed_tokens.weight"


@pytest.fixture(scope="module", params=[Layout.AUTO_ROUND, Layout.AUTO_GPTQ])
def checkpoint(request: pytest.FixtureRequest, tiny_checkpoint: TinyCheckpoint) -> Checkpoint:
    return open_checkpoint(tiny_checkpoint(request.param))


def integers(constant: ov.op.Constant) -> Integers:
    """The 4-bit numbers of a constant [N, K/g, g] as uint8 [N, K]."""
    return integers_of_pairs(constant.data).reshape(constant.get_output_shape(0)[0], -1)


def test_the_graph_holds_the_checkpoints_integers_and_scales(checkpoint: Checkpoint) -> None:
    constants = Constants(checkpoint, WeightCache())
    head = constants.grouped(ShortlistHead(checkpoint.tensors, EMBEDDING).packed(constants.cache))
    graph = text_graph(constants, checkpoint.config, head, lambda _: None)
    held = {node.get_friendly_name(): node for node in graph.get_ops() if node.get_type_name() == "Constant"}
    packed = {name.removesuffix(".integers").split("+")[0]: name for name in held if name.endswith(".integers")}
    layers = 0
    for names in packed.values():
        if names.startswith("screening"):
            continue
        layers += 1
        stored = [f"{name}." for name in names.removesuffix(".integers").split("+")]
        qweights = [stored_array(checkpoint.tensors, f"{name}qweight") for name in stored]
        expected = np.concatenate([checkpoint_integers(qweight) for qweight in qweights])
        assert np.array_equal(integers(held[names]), expected)
        scales = held[f"{names.removesuffix('.integers')}.scales"].data[:, :, 0]
        assert scales.dtype == np.float16
        assert np.array_equal(
            scales, np.concatenate([stored_array(checkpoint.tensors, f"{name}scales").T for name in stored])
        )
    assert layers == 4 * checkpoint.config.text.layers


def test_16_bit_weights_have_no_second_copy_in_32_bits(checkpoint: Checkpoint) -> None:
    if not cpu_has_16_bits():
        pytest.skip("this CPU has no 16-bit products: OpenVINO computes in 32 bits, and keeps them so")
    for graph in vision_graphs(Constants(checkpoint, WeightCache()), checkpoint.config.vision):
        compiled = ov.Core().compile_model(graph, "CPU").get_runtime_model()
        constants = [node.output(0) for node in compiled.get_ordered_ops() if not node.inputs()]
        fixed = [constant for constant in constants if constant.partial_shape.is_static]
        kinds = {constant.element_type for constant in fixed if len(constant.shape) == 2 and min(constant.shape) > 1}
        assert kinds
        assert kinds <= {ov.Type.bf16, ov.Type.f16}


def test_blocks_come_back_with_their_sequence(checkpoint: Checkpoint) -> None:
    runtime = OpenVinoRuntime(CPU, checkpoint, LoadOptions(), lambda _: None, lambda: None)
    pool = runtime.pool
    for _ in range(2 * runtime.cache_tokens // runtime.capacity):  # More than there are, one after the other.
        table = BlockTable(pool, runtime.capacity)
        table.reserve(runtime.capacity)
        del table
    tables = [BlockTable(pool, runtime.capacity) for _ in range(runtime.cache_tokens // runtime.capacity)]
    held = [set(table.reserve(runtime.capacity).tolist()) for table in tables]
    assert sum(map(len, held)) == len(set.union(*held)) == runtime.cache_tokens // pool.block_size
    with pytest.raises(MemoryError):
        BlockTable(pool, runtime.capacity).reserve(1)
    tables[0].length = runtime.capacity
    tables[0].truncate(pool.block_size + 1)
    assert len(tables[0].reserve(pool.block_size + 1)) == 2
    assert len(BlockTable(pool, runtime.capacity).reserve(runtime.capacity - 2 * pool.block_size)) > 1


def test_rounding_to_4_bits_is_to_the_nearest_of_two_scales() -> None:
    """-8 stands for a group's farthest weight, whatever its sign, or 7 where 8 would be wanted on the other side."""
    rows = np.random.default_rng(3).standard_normal((7, 4, GROUP)).astype(np.float32)
    rows[2, 0] = 0
    rows[3, 0] = np.linspace(-1, 1, GROUP)
    pairs, scales = rounded_to_int4(rows.reshape(7, -1), GROUP)
    numbers = np.stack((pairs & 15, pairs >> 4), axis=-1).reshape(rows.shape).astype(np.float32) - 8
    errors = np.square(numbers * scales[:, :, None] - rows).sum(2)

    steps = np.maximum(np.abs(rows).max(2, keepdims=True) / 7, 1e-8)
    symmetric = np.square(np.rint(rows / steps) * steps - rows).sum(2)
    assert (errors <= 1.01 * symmetric).all()
    assert errors.mean() < 0.95 * symmetric.mean()
    assert (numbers[2, 0] == 0).all()
    assert np.abs(numbers[3, 0]).max() == 7


def test_the_screening_head_chooses_as_the_whole_one() -> None:
    """Random rows are the hard case, where nothing stands out; three in a hundred are candidates."""
    rng = np.random.default_rng(4)
    rows, states = (rng.standard_normal((count, 256)).astype(np.float32) for count in (8192, 500))
    head = ShortlistHead(cast(TensorFiles, _Rows(rows)), "rows")
    pairs, scales = rounded_to_int4(rows, GROUP)
    numbers = np.stack((pairs & 15, pairs >> 4), axis=-1).reshape(*scales.shape, GROUP).astype(np.float32) - 8
    screened = states @ (numbers * scales[:, :, None]).reshape(rows.shape).T
    whole = states @ rows.T

    rescored = head.rescored(states, screened.copy())

    assert (screened.argmax(1) != whole.argmax(1)).any()
    assert np.array_equal(rescored.argmax(1), whole.argmax(1))
    best = np.argsort(whole, axis=1)[:, -40:]
    assert np.allclose(np.take_along_axis(rescored, best, 1), np.take_along_axis(whole, best, 1), atol=1e-3)
    assert CANDIDATES < 8192

    allowed = np.zeros(whole.shape, np.bool_)
    np.put_along_axis(allowed, np.argsort(whole, axis=1)[:, 100:110], values=True, axis=1)  # What no shortlist has.
    limited = head.rescored(states, screened.copy(), allowed)
    assert np.allclose(limited[allowed], whole[allowed], atol=1e-3)
    assert np.isneginf(limited[~allowed]).all()


class _Rows:
    """A file of one tensor."""

    def __init__(self, rows: npt.NDArray[np.float32]) -> None:
        self.entries = {"rows": TensorEntry(Path(), "F32", rows.shape, 0, rows.nbytes)}
        self._bytes = memoryview(bytearray(rows.tobytes()))

    def data(self, name: str) -> memoryview:
        return self._bytes
