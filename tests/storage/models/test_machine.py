"""What this machine has for a model."""

import sys
from pathlib import Path

import pytest

from app.domain.models.model_fit import ComputeDevice
from app.storage.models import machine


@pytest.mark.skipif(sys.platform != "linux", reason="reads what Linux says of processors")
@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("flags\t\t: fpu avx2 fma avx512f avx512_bf16", ComputeDevice.CPU),
        ("Features\t: fp asimd asimdhp", ComputeDevice.CPU),
        ("flags\t\t: fpu avx2 fma avx512f", ComputeDevice.CPU_IN_32_BITS),
        (None, ComputeDevice.CPU_IN_32_BITS),
    ],
)
def test_processors_are_told_apart(
    said: str | None, expected: ComputeDevice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if said is not None:
        (tmp_path / "cpuinfo").write_text(said, encoding="utf-8")
    monkeypatch.setattr(machine, "CPU_INFO", tmp_path / "cpuinfo")
    found = machine.this_machine(tmp_path / "models" / "not there yet")
    assert found.processor is expected
    assert found.free_disk > 0
    assert 0 < found.free_memory <= found.memory
