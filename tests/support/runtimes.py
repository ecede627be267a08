"""The runtimes that hold on this machine, by name."""

from collections.abc import Callable

from app.engine.runtimes.choose import Choice, openvino_choice, torch_choice

RUNTIMES: dict[str, Callable[[], Choice]] = {"torch": torch_choice, "openvino": openvino_choice}
