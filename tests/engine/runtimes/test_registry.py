"""Which runtime is chosen, and that the one for CPUs needs no torch."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from app.domain.errors import CheckpointError
from app.domain.settings.load_options import LoadOptions
from app.engine.checkpoints.open_checkpoint import open_checkpoint
from app.engine.generation.model import Model
from app.engine.generation.tokenizer import ChatTokenizer
from app.engine.runtimes import registry
from app.engine.runtimes.port import DecoderRuntime
from app.engine.runtimes.registry import (
    GPU_DISABLED,
    NO_GPU,
    Choice,
    Choose,
    choose_runtime,
    could_have_gpu,
    open_on_cpu,
    runtimes_report,
)
from app.paths import DEMO_MODEL
from tests.engine.conftest import TinyCheckpoint
from tests.support.tiny_checkpoint import Layout

UNWANTED = ("torch", "transformers", "auto_round", "openvino_telemetry", "PySide6")
SCRIPT = f"""
import json, sys
from app.domain.chat.chat import Role, Turn
from app.domain.settings.generation_options import GenerationOptions
from app.engine.backends.model_backend import ModelBackend
from app.engine.process.messages import AnswerDelta, Ask, OpenModel, Ready
from app.paths import DEMO_MODEL

backend, events = ModelBackend(), []
backend.handle(OpenModel(str(DEMO_MODEL)), events.append, lambda: None)
backend.handle(Ask((Turn(Role.USER, "Hello"),), GenerationOptions()), events.append, lambda: None)
print(json.dumps([
    next(event.info.device for event in events if isinstance(event, Ready)),
    "".join(event.text for event in events if isinstance(event, AnswerDelta)),
    [name for name in {UNWANTED} if name in sys.modules],
]))
"""


def test_without_a_gpu_a_question_is_answered_without_torch() -> None:
    if could_have_gpu():
        pytest.skip("this machine may have a GPU")
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    device, said, unwanted = json.loads(done.stdout)
    assert device == "CPU"
    assert said == "I can only read short printed text."
    assert unwanted == []


@pytest.mark.parametrize(
    ("build", "driver", "expected"),
    [("2.13.0+cpu", True, False), ("2.13.0", True, True), ("2.13.0", False, False), ("2.13.0+xpu", False, True)],
)
def test_torch_is_asked_only_where_it_could_find_a_card(
    build: str, driver: bool, expected: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "version", lambda _: build)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(registry, "NVIDIA_DRIVERS", (str(tmp_path if driver else tmp_path / "none"),))
    assert could_have_gpu() is expected


@pytest.mark.parametrize(
    ("torch_gpu", "intel_gpu", "is_installed", "expected"),
    [
        (True, True, True, "torch GPU"),
        (False, True, True, "openvino GPU"),
        (False, False, True, "CPU"),
        (False, False, False, "torch CPU"),
    ],
)
def test_the_first_runtime_that_can_answer_is_chosen(
    torch_gpu: bool, intel_gpu: bool, is_installed: bool, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opens(name: str, *, has_gpu: bool) -> Choose:
        def choose(options: LoadOptions) -> Choice:
            if has_gpu and options.graphics_card:
                return Choice(f"{name} GPU", "it was found", fail, choose_runtime)
            return Choice(f"{name} CPU", NO_GPU, fail)

        return choose

    def fail(*_: object) -> DecoderRuntime:
        pytest.fail("nothing is opened here")

    monkeypatch.setattr(registry, "could_have_gpu", lambda: True)
    monkeypatch.setattr(registry, "torch_choice", opens("torch", has_gpu=torch_gpu))
    monkeypatch.setattr(registry, "openvino_choice", opens("openvino", has_gpu=intel_gpu))
    monkeypatch.setattr(registry, "find_spec", lambda _: object() if is_installed else None)
    assert choose_runtime(LoadOptions()).device == expected


def test_the_report_names_every_runtime_and_survives_a_driver_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(_: LoadOptions) -> Choice:
        raise OSError("libcuda.so: cannot open shared object file")

    monkeypatch.setattr(registry, "could_have_gpu", lambda: True)
    monkeypatch.setattr(registry, "torch_choice", breaks)
    report = runtimes_report(LoadOptions())
    assert report.startswith("torch on a GPU: failed (builtins.OSError)")
    assert report.endswith("ONNX Runtime on the CPU: CPU; torch on the CPU: not probed")


def test_gpus_that_are_switched_off_are_not_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "could_have_gpu", lambda: pytest.fail("it was looked for"))
    choice = choose_runtime(LoadOptions(graphics_card=False))
    assert (choice.device, choice.reason) == ("CPU", GPU_DISABLED)


@pytest.mark.expects_log_warnings
@pytest.mark.parametrize(
    ("error", "reason"),
    [(RuntimeError("clBuildProgram failed"), "Arc could not be used"), (MemoryError(), "Arc has too little memory")],
)
def test_where_a_gpu_fails_the_cpu_answers(
    error: Exception, reason: str, tiny_checkpoint: TinyCheckpoint, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> DecoderRuntime:
        raise error

    def arc(_: LoadOptions) -> Choice:
        return Choice("Arc", "an Intel GPU was found", fail, choose_runtime)

    checkpoint = open_checkpoint(tiny_checkpoint(Layout.AUTO_GPTQ))
    said: list[float] = []
    model = Model.load(
        checkpoint, ChatTokenizer(checkpoint), arc, LoadOptions(), lambda _, part: said.append(part), lambda: None
    )
    assert (model.info.device, model.info.device_reason) == ("CPU", reason)
    assert said[-1] == 1.0
    assert "Arc" in caplog.text


def test_packages_that_were_downloaded_for_a_gpu_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only torch's release is looked at here; it is imported where there is a driver."""
    metadata = tmp_path / "torch-9.9.9.dist-info" / "METADATA"
    metadata.parent.mkdir()
    metadata.write_text("Metadata-Version: 2.1\nName: torch\nVersion: 9.9.9\n")
    monkeypatch.setattr(sys, "path", [str(Path(__file__).parents[3])])
    monkeypatch.setattr(registry, "NVIDIA_DRIVERS", (str(tmp_path),))
    assert not could_have_gpu()
    h200 = Choice("H200", "an NVIDIA GPU was found", open_on_cpu, choose_runtime)
    monkeypatch.setattr(registry, "torch_choice", lambda _: h200)

    choice = choose_runtime(LoadOptions(gpu_packages_folder=str(tmp_path)))

    assert choice.device == "H200"
    assert sys.path[-1] == str(tmp_path)
    choose_runtime(LoadOptions(gpu_packages_folder=str(tmp_path)))
    assert sys.path.count(str(tmp_path)) == 1


def test_weights_that_are_larger_than_the_memory_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "machine_memory", lambda: 9 * 10**6)
    with pytest.raises(CheckpointError) as error:
        open_on_cpu(open_checkpoint(DEMO_MODEL), LoadOptions(), lambda _: None, lambda: None)
    assert "weights take 0.1 GB, and this computer has 0.0 GB of memory" in str(error.value)
