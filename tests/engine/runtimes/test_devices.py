"""The table of devices, with what torch would say on machines that are not this one."""

import pytest
import torch

from app.engine.runtimes.torch import devices, int4_operators
from app.engine.runtimes.torch.devices import choose_device


@pytest.fixture
def present(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Names of the devices that torch finds."""
    found: set[str] = set()
    rows = tuple(
        devices.Row(lambda name=name: name in found, row.describe)  # type: ignore[misc]
        for name, row in zip(("cuda", "xpu", "mps"), devices.TABLE, strict=False)
    )
    monkeypatch.setattr(devices, "TABLE", (*rows, devices.TABLE[-1]))
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "RTX")
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: (8, 9))
    monkeypatch.setattr(torch.xpu, "get_device_name", lambda: "Arc")
    monkeypatch.setattr(torch.backends.mps, "is_macos_or_newer", lambda *_: True)
    return found


def test_without_a_gpu_the_cpu_answers(present: set[str]) -> None:
    device = choose_device()
    assert (device.device.type, device.dtype, device.operator) == ("cpu", torch.bfloat16, int4_operators.CPU)
    assert (device.reason, device.is_gpu) == ("", False)


def test_a_gpu_wins_over_the_cpu_and_nvidia_over_the_rest(present: set[str]) -> None:
    present |= {"mps"}
    assert choose_device().device.type == "mps"
    present |= {"xpu"}
    assert (choose_device().device.type, choose_device().operator) == ("xpu", int4_operators.XPU)
    present |= {"cuda"}
    device = choose_device()
    assert device.name == "RTX"
    assert device.operator is not None
    assert device.operator.multiply is int4_operators.TILES.multiply


def test_old_nvidia_gpus_take_16_bit_weights(present: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    present |= {"cuda"}
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: (7, 5))
    device = choose_device()
    assert (device.dtype, device.operator) == (torch.float16, None)
    assert "7.5" in device.reason


@pytest.mark.parametrize(("is_newer", "dtype"), [(True, torch.bfloat16), (False, torch.float16)])
def test_macs_compute_in_bfloat16_if_their_system_knows_it(
    present: set[str], monkeypatch: pytest.MonkeyPatch, is_newer: bool, dtype: torch.dtype
) -> None:
    present |= {"mps"}
    monkeypatch.setattr(torch.backends.mps, "is_macos_or_newer", lambda *version: is_newer and version == (14, 0))
    assert choose_device().dtype is dtype


def test_amd_gpus_take_16_bit_weights(present: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    present |= {"cuda"}
    monkeypatch.setattr(torch.version, "hip", "6.2")
    assert choose_device().operator is None
    assert "AMD" in choose_device().reason


def test_this_machine_has_a_row() -> None:
    assert choose_device().name
