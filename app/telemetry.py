"""Switches off the telemetry of the libraries that Lorgnette uses.

ONNX Runtime's official builds carry Microsoft's 1DS telemetry, on by default: loading the library writes a device id
and a queue of events (the program's path, processor, memory) into the user's cache folder and uploads them. Calling
`onnxruntime.disable_telemetry_events()` is too late, since the queue and the uploader exist by then; only the
variable, set before the library is loaded, prevents both (its Privacy.md, "Disabling Telemetry").

`app/__init__.py` sets these variables, so that they are in the environment before any module of ours can import such a
library, in every process: spawned engine processes, commands and benchmarks import `app` first, too, and inherit them.
"""

import os

TELEMETRY_OFF = {
    "ORT_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    # Hugging Face's libraries open local folders only; no name in a config may make them ask the hub for more.
    "HF_HUB_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
}
"""Environment variables that make libraries send no telemetry and contact no server."""


def switch_off_telemetry() -> None:
    """Set every variable of TELEMETRY_OFF in this process's environment, overriding earlier values."""
    os.environ.update(TELEMETRY_OFF)
