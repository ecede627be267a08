"""Which of OpenVINO's devices answers, and how it computes: an Intel graphics card where there is one, else the CPU.

Only the CPU has been run and measured; the other is written from OpenVINO's documentation and its own use of paged
attention on graphics cards (openvino.genai, cache_manager.hpp).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import openvino as ov

from app.domain.generation import LoadOptions
from app.engine.runtimes.choose import NO_CARD

_ACTIVATION_GROUP = 32
_DISCRETE = "discrete"


@dataclass(frozen=True, slots=True)
class OpenVinoDevice:
    """A device by OpenVINO's name for it (`plugin`), and in words."""

    plugin: str
    name: str
    reason: str

    @property
    def is_card(self) -> bool:
        """Whether it has memory and rules of its own."""
        return self.plugin != CPU.plugin

    def properties(self, core: ov.Core, options: LoadOptions) -> dict[str, Any]:
        """How the plugin computes.

        Keys and values are kept in the type that is computed in: left to itself the plugin keeps them in 8 bits, which
        changes the logits ten times as much as 16 bits do. What goes into a product with 4-bit weights is rounded to 8
        bits in groups of 32, as llama.cpp does, unless `options` forbid it.
        """
        kind = "f16" if self.is_card else core.get_property(self.plugin, "INFERENCE_PRECISION_HINT")
        return {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": kind,
            "KV_CACHE_PRECISION": kind,
            "DYNAMIC_QUANTIZATION_GROUP_SIZE": 0 if options.exact_activations else _ACTIVATION_GROUP,
        }

    def cache_memory(self, core: ov.Core, kind: ov.Type, shape: ov.Shape) -> ov.Tensor:
        """Memory of the device's own for keys or values."""
        if not self.is_card:
            return ov.Tensor(kind, shape)
        empty: Mapping[str, object] = {}
        return core.get_default_context(self.plugin).create_tensor(kind, shape, empty)


CPU = OpenVinoDevice("CPU", "CPU", NO_CARD)


def choose_device(find_core: Callable[[], ov.Core] = ov.Core) -> OpenVinoDevice:
    """An Intel graphics card that computes in 16 bits, one with memory of its own before others; else the CPU."""
    core = find_core()
    cards = [device for device in core.available_devices if device.partition(".")[0] == "GPU"]
    able = [card for card in cards if "FP16" in core.get_property(card, "OPTIMIZATION_CAPABILITIES")]
    if not able:
        return CPU
    best = min(able, key=lambda card: _DISCRETE not in str(core.get_property(card, "DEVICE_TYPE")).lower())
    name = str(core.get_property(best, "FULL_DEVICE_NAME"))
    return OpenVinoDevice(best, name, "an Intel graphics card was found")


def cpu_has_16_bits() -> bool:
    """Whether OpenVINO computes in bfloat16 or float16 on this CPU, and not only keeps weights so."""
    return bool(ov.Core().get_property(CPU.plugin, "INFERENCE_PRECISION_HINT") != ov.Type.f32)
