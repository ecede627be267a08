"""Which of OpenVINO's devices is chosen, with what it would say on machines that are not this one."""

from functools import partial
from typing import Any, cast

import openvino as ov
import pytest

from app.domain.settings.load_options import LoadOptions
from app.engine.runtimes.openvino.devices import CPU, choose_device
from app.engine.runtimes.openvino.kv_cache import BlockPool

NEW, OLD_ONE = ["FP32", "FP16"], ["FP32"]
INTEGRATED = {"FULL_DEVICE_NAME": "Iris", "DEVICE_TYPE": "Type.INTEGRATED", "OPTIMIZATION_CAPABILITIES": NEW}
DISCRETE = {"FULL_DEVICE_NAME": "Arc", "DEVICE_TYPE": "Type.DISCRETE", "OPTIMIZATION_CAPABILITIES": NEW}
OLD = {"FULL_DEVICE_NAME": "HD", "DEVICE_TYPE": "Type.INTEGRATED", "OPTIMIZATION_CAPABILITIES": OLD_ONE}


class Context:
    """Memory of a GPU's own."""

    def __init__(self) -> None:
        self.made: list[tuple[ov.Type, tuple[int, ...]]] = []

    def create_tensor(self, kind: ov.Type, shape: ov.Shape, properties: dict[str, object]) -> ov.Tensor:
        self.made.append((kind, tuple(shape)))
        return ov.Tensor(kind, shape)


class Core:
    """What is asked of `ov.Core`."""

    def __init__(self, **devices: dict[str, Any]) -> None:
        self._devices = {name.replace("_", "."): facts for name, facts in devices.items()}
        self.context = Context()

    @property
    def available_devices(self) -> list[str]:
        return ["CPU", *self._devices]

    def get_property(self, device: str, name: str) -> object:
        return self._devices[device][name]

    def get_default_context(self, device: str) -> Context:
        return self.context


def as_core(core: Core) -> ov.Core:
    return cast(ov.Core, core)


def test_without_a_gpu_the_cpu_answers() -> None:
    assert choose_device(lambda: as_core(Core())) is CPU
    assert choose_device(lambda: as_core(Core(NPU={"FULL_DEVICE_NAME": "AI Boost"}))) is CPU


def test_a_gpu_answers_where_it_computes_in_16_bits() -> None:
    device = choose_device(lambda: as_core(Core(GPU=INTEGRATED)))
    assert (device.plugin, device.name, device.reason) == ("GPU", "Iris", "an Intel GPU was found")
    assert choose_device(lambda: as_core(Core(GPU=OLD))) is CPU


def test_a_gpu_with_memory_of_its_own_comes_first() -> None:
    assert choose_device(lambda: as_core(Core(GPU_0=INTEGRATED, GPU_1=DISCRETE))).plugin == "GPU.1"


@pytest.mark.parametrize("exact", [False, True])
def test_keys_and_values_are_kept_in_the_type_that_is_computed_in(exact: bool) -> None:
    options = LoadOptions(exact_activations=exact)
    gpu = choose_device(lambda: as_core(Core(GPU=DISCRETE))).properties(as_core(Core()), options)
    own = CPU.properties(ov.Core(), options)
    for properties in (gpu, own):
        assert properties["KV_CACHE_PRECISION"] == properties["INFERENCE_PRECISION_HINT"]
        assert (properties["DYNAMIC_QUANTIZATION_GROUP_SIZE"] == 0) == exact
    assert gpu["KV_CACHE_PRECISION"] == "f16"


class Port:
    """An input of a compiled graph for a GPU: blocks of 16 tokens, keys turned."""

    def __init__(self, name: str, *sizes: int) -> None:
        self._name = name
        self._shape = ov.PartialShape([-1, *sizes])

    def get_any_name(self) -> str:
        return self._name

    def get_partial_shape(self) -> ov.PartialShape:
        return self._shape

    def get_element_type(self) -> ov.Type:
        return ov.Type.f16


class Compiled:
    """With caches of one layer."""

    def __init__(self) -> None:
        self.inputs = [Port("embeddings", 64), Port("key_cache.0", 8, 128, 16), Port("value_cache.0", 8, 16, 128)]

    def input(self, name: str) -> Port:
        return next(port for port in self.inputs if port.get_any_name() == name)


class Request:
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.given: dict[str, ov.Tensor] = {}

    def set_tensor(self, name: str, tensor: ov.Tensor) -> None:
        self.given[name] = tensor


def test_a_gpu_holds_the_cache_in_memory_of_its_own() -> None:
    core, request = Core(GPU=DISCRETE), Request()
    device = choose_device(lambda: as_core(core))
    allocate = partial(device.cache_memory, as_core(core))
    pool = BlockPool(cast(ov.CompiledModel, Compiled()), cast(ov.InferRequest, request), 100, allocate, is_lazy=False)
    assert pool.block_size == 16
    assert core.context.made == [(ov.Type.f16, (7, 8, 128, 16)), (ov.Type.f16, (7, 8, 16, 128))]
    assert list(request.given) == ["key_cache.0", "value_cache.0"]
    assert pool.memory_to_allocate(7) == 0


def test_blocks_take_memory_when_they_are_first_written() -> None:
    pool = BlockPool(cast(ov.CompiledModel, Compiled()), cast(ov.InferRequest, Request()), 100, ov.Tensor, is_lazy=True)
    block_bytes = 2 * 8 * 128 * 16 * 2
    assert pool.memory_to_allocate(3) == 3 * block_bytes
    first = pool.allocate_blocks(2)
    pool.free(first)
    assert pool.memory_to_allocate(3) == block_bytes
    pool.allocate_blocks(3)
    assert pool.memory_to_allocate(4) == 4 * block_bytes


def test_a_gpus_free_memory_is_what_this_process_has_left() -> None:
    core = Core(GPU=DISCRETE | {"GPU_DEVICE_TOTAL_MEM_SIZE": 8000, "GPU_MEMORY_STATISTICS": {"usm": 2000, "cl": 500}})
    assert choose_device(lambda: as_core(core)).free_memory(as_core(core)) == 5500
