"""Chooses OpenVINO's device and its settings: an Intel GPU if there is one, else the CPU.

Only the CPU has been tested and measured; the GPU follows OpenVINO's documentation and its own use of paged attention
on GPUs (openvino.genai, cache_manager.hpp).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import openvino as ov

from app.domain.settings.load_options import LoadOptions
from app.engine.runtimes.memory import free_memory

_ACTIVATION_GROUP = 32
_DISCRETE = "discrete"


@dataclass(frozen=True, slots=True)
class OpenVinoDevice:
    """A device: OpenVINO's name for it (`plugin`), and the name and reason that are shown."""

    plugin: str
    name: str
    reason: str

    @property
    def is_gpu(self) -> bool:
        """True for a GPU, which has its own memory and rules."""
        return self.plugin != CPU.plugin

    def properties(self, core: ov.Core, options: LoadOptions) -> dict[str, Any]:
        """Return the plugin's properties.

        Keys and values are stored in the type of the computation: by default the plugin stores them in 8 bits, which
        changes the logits ten times as much as 16 bits do. Activations are rounded to 8 bits in groups of 32 for
        products with 4-bit weights, as in llama.cpp, unless `options` forbid it.
        """
        kind = "f16" if self.is_gpu else "f32"
        if not self.is_gpu and not options.in_32_bits:
            kind = core.get_property(self.plugin, "INFERENCE_PRECISION_HINT")
        return {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": kind,
            "KV_CACHE_PRECISION": kind,
            "DYNAMIC_QUANTIZATION_GROUP_SIZE": 0 if options.exact_activations else _ACTIVATION_GROUP,
        }

    def free_memory(self, core: ov.Core) -> int:
        """Return the bytes that are left of the memory of a GPU, beside what this process has; or of this machine's."""
        if not self.is_gpu:
            return free_memory()
        total = int(core.get_property(self.plugin, "GPU_DEVICE_TOTAL_MEM_SIZE"))
        return total - sum(dict(core.get_property(self.plugin, "GPU_MEMORY_STATISTICS")).values())

    def cache_memory(self, core: ov.Core, kind: ov.Type, shape: ov.Shape) -> ov.Tensor:
        """Allocate the device's own memory for keys or values."""
        if not self.is_gpu:
            return ov.Tensor(kind, shape)
        empty: Mapping[str, object] = {}
        return core.get_default_context(self.plugin).create_tensor(kind, shape, empty)


CPU = OpenVinoDevice("CPU", "CPU", "")


def choose_device(find_core: Callable[[], ov.Core] = ov.Core) -> OpenVinoDevice:
    """Choose an Intel GPU that computes in 16 bits, preferring one with dedicated memory; else the CPU."""
    core = find_core()
    gpus = [device for device in core.available_devices if device.partition(".")[0] == "GPU"]
    able = [gpu for gpu in gpus if "FP16" in core.get_property(gpu, "OPTIMIZATION_CAPABILITIES")]
    if not able:
        return CPU
    best = min(able, key=lambda gpu: _DISCRETE not in str(core.get_property(gpu, "DEVICE_TYPE")).lower())
    name = str(core.get_property(best, "FULL_DEVICE_NAME"))
    return OpenVinoDevice(best, name, "an Intel GPU was found")


def cpu_has_16_bits() -> bool:
    """Return whether OpenVINO computes in bfloat16 or float16 on this CPU, rather than only storing weights so."""
    return bool(ov.Core().get_property(CPU.plugin, "INFERENCE_PRECISION_HINT") != ov.Type.f32)
