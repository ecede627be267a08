"""The runtimes that hold on this machine, by name."""

from app.engine.runtimes.registry import Choose, onnxruntime_choice, openvino_choice, torch_choice

RUNTIMES: dict[str, Choose] = {"torch": torch_choice, "openvino": openvino_choice, "onnxruntime": onnxruntime_choice}
